import pg from 'pg'

/** Tells whoever waits here that it is known what becomes of an order, a refund, a return or an order of units. What, is to be read. */
export type Outcomes = {
  /** Resolves when that of `id` changed, or after `withinMs`. Ask for it before the change can happen. */
  next(id: string, withinMs: number): Promise<void>
  close(): Promise<void>
}

const RECONNECT_MS = 500
/** Who only listens never learns that the other end is gone: it asks now and then. */
const PROBE_EVERY_MS = 3_000
const PROBE_WITHIN_MS = 2_000

/**
 * Listens on one connection for what the transactions of the workflows announce. A lost connection loses announcements:
 * those who wait look for themselves after a while, and it is opened again meanwhile.
 */
export async function listenForOutcomes(options: {
  url: string
  onError: (error: Error) => void
  /** A shelf has run low. */
  onReorderDue?: () => void
  /** A product changed, or one may have while nobody listened. */
  onProductChanged?: (productId?: string) => void
  /** There are events that somebody outside wants to hear of. */
  onEventsTold?: () => void
}): Promise<Outcomes> {
  const waiting = new Map<string, Set<() => void>>()
  let isClosed = false
  let client: pg.Client | undefined
  let reconnect: NodeJS.Timeout | undefined
  let probe: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: options.url,
      keepAlive: true,
      connectionTimeoutMillis: 2_000,
      query_timeout: PROBE_WITHIN_MS,
      application_name: 'holdfast outcomes',
    })
    fresh.on('notification', ({ channel, payload }) => {
      if (channel === 'reorder_due') return options.onReorderDue?.()
      if (channel === 'product_changed') return options.onProductChanged?.(payload)
      if (channel === 'events_told') return options.onEventsTold?.()
      for (const tell of waiting.get(payload ?? '') ?? []) tell()
    })
    let isOver = false
    const over = (error?: Error) => {
      if (isOver || isClosed) return
      isOver = true
      clearTimeout(probe)
      if (error) options.onError(error)
      fresh.end().catch(() => {})
      reconnect = setTimeout(() => void connect(), RECONNECT_MS)
    }
    const probeAgain = () => {
      if (isOver || isClosed) return
      probe = setTimeout(() => void fresh.query('select').then(probeAgain, over), PROBE_EVERY_MS)
    }
    fresh.on('error', over)
    fresh.on('end', () => over())
    try {
      await fresh.connect()
      await fresh.query('listen outcomes; listen reorder_due; listen product_changed; listen events_told')
      options.onProductChanged?.()
      client = fresh
      probeAgain()
    } catch (error) {
      over(error as Error)
    }
  }

  await connect()
  return {
    next(id, withinMs) {
      return new Promise((resolve) => {
        const tell = () => {
          clearTimeout(timer)
          const others = waiting.get(id)
          others?.delete(tell)
          if (others?.size === 0) waiting.delete(id)
          resolve()
        }
        const timer = setTimeout(tell, withinMs)
        waiting.set(id, (waiting.get(id) ?? new Set()).add(tell))
      })
    },
    async close() {
      isClosed = true
      clearTimeout(reconnect)
      clearTimeout(probe)
      await client?.end().catch(() => {})
    },
  }
}
