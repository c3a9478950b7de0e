import DataLoader from 'dataloader'

/** More are sent as several statements. */
const MOST_KEYS = 200
/** One that hangs does not keep the others waiting. */
const MOST_UNDER_WAY = 2

/**
 * Answers many requests of one moment with one statement: what is asked for in the same turn of the event loop, or while
 * as many statements as may be are under way, is read together. So the busier it is, the fewer statements a request costs.
 * Nothing is remembered: every answer was read after it was asked for. `read` answers in the order of its keys.
 */
export function readTogether<Key, Found>(
  read: (keys: readonly Key[]) => Promise<(Found | undefined)[]>,
): (key: Key) => Promise<Found | undefined> {
  let underWay = 0
  const waiting: (() => void)[] = []
  const readNext = async (keys: readonly Key[]) => {
    underWay++
    try {
      return await read(keys)
    } finally {
      underWay--
      waiting.shift()?.()
    }
  }
  const loader = new DataLoader<Key, Found | undefined>(readNext, {
    cache: false,
    maxBatchSize: MOST_KEYS,
    batchScheduleFn: (send) => (underWay < MOST_UNDER_WAY ? setImmediate(send) : waiting.push(send)),
  })
  return (key) => loader.load(key)
}

/** Rows in the order of the ids that were asked for. */
export function inOrderOf<Row>(ids: readonly string[], rows: Row[], idOf: (row: Row) => string): (Row | undefined)[] {
  const byId = new Map(rows.map((row) => [idOf(row), row]))
  return ids.map((id) => byId.get(id))
}
