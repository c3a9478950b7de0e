import DataLoader from 'dataloader'

/** More are sent as several statements. */
const MOST_KEYS = 200

/**
 * Answers many requests of one moment with one statement: what is asked for in the same turn of the event loop is read
 * together. Nothing is remembered, so every answer was read after it was asked for. `read` answers in the order of its keys.
 */
export function readTogether<Key, Found>(
  read: (keys: readonly Key[]) => Promise<(Found | undefined)[]>,
): (key: Key) => Promise<Found | undefined> {
  const loader = new DataLoader<Key, Found | undefined>(read, {
    cache: false,
    maxBatchSize: MOST_KEYS,
    batchScheduleFn: (send) => setImmediate(send),
  })
  return (key) => loader.load(key)
}

/** Rows in the order of the ids that were asked for. */
export function inOrderOf<Row>(ids: readonly string[], rows: Row[], idOf: (row: Row) => string): (Row | undefined)[] {
  const byId = new Map(rows.map((row) => [idOf(row), row]))
  return ids.map((id) => byId.get(id))
}
