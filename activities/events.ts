import DataLoader from 'dataloader'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Database } from '../store/database.ts'
import { type Event, listUnstreamedEvents, type OrderFact, recordOrderEvents, streamEvents } from '../store/events.ts'

type Deps = { database: Database; redis?: Redis | undefined; logger: Logger }

export type EventStream = ReturnType<typeof createEventStream>

/** So long an event waits for others, to be handed on together with them. */
const TOGETHER_MS = 50

/**
 * Hands events on to Redis, those of many orders at once, and answers whether it took them. Nobody has to wait for the
 * answer: what is not taken, or lost with this process, the sweep sends.
 */
export function createEventStream({ database, redis, logger }: Deps) {
  if (!redis) return () => Promise.resolve(false)
  const together = new DataLoader<Event[], boolean>(
    async (each) => {
      const events = each.flat()
      try {
        await streamEvents(database, redis, events)
        return each.map(() => true)
      } catch (error) {
        logger.warn({ err: error, events: events.length }, 'redis did not take events; the sweep will send them')
        return each.map(() => false)
      }
    },
    { cache: false, batchScheduleFn: (send) => setTimeout(send, TOGETHER_MS) },
  )
  return (events: Event[]) => together.load(events)
}

/** Facts told to the world. PostgreSQL keeps each once; Redis, when it is there, passes it on a moment later. */
export function createEventActivities({ database, stream }: { database: Database; stream: EventStream }) {
  return {
    async publishEvents({ orderId, facts }: { orderId: string; facts: OrderFact[] }): Promise<void> {
      void stream(await recordOrderEvents(database, orderId, facts))
    },

    /** Sends what Redis should have had by now. Answers how many were sent. */
    async streamMissedEvents(): Promise<number> {
      let sent = 0
      for (;;) {
        const events = await listUnstreamedEvents(database, 500)
        if (events.length === 0 || !(await stream(events))) return sent
        sent += events.length
      }
    },
  }
}
