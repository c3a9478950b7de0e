import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Database } from '../store/database.ts'
import { type Event, listUnstreamedEvents, type OrderFact, recordOrderEvents, streamEvents } from '../store/events.ts'

type Deps = { database: Database; redis?: Redis | undefined; logger: Logger }

/** Facts told to the world. PostgreSQL keeps each once; Redis, when it is there, passes it on at once. */
export function createEventActivities({ database, redis, logger }: Deps) {
  async function stream(events: Event[]): Promise<boolean> {
    if (!redis) return false
    try {
      await streamEvents(database, redis, events)
      return true
    } catch (error) {
      logger.warn({ err: error, events: events.length }, 'redis did not take events; the sweep will send them')
      return false
    }
  }

  return {
    async publishEvents({ orderId, facts }: { orderId: string; facts: OrderFact[] }): Promise<void> {
      await stream(await recordOrderEvents(database, orderId, facts))
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
