import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { topics } from '../../domain/events.ts'
import type { Database } from '../../store/database.ts'
import type { CheckRecord } from '../record.ts'
import type { Violations } from './evidence.ts'

const streams = topics.map((topic) => `holdfast:events:${topic}`)
const PAGE = 5_000
/** The sweep comes every minute and takes what is older than five seconds. */
const sweptWithinMs = 80_000

type Options = {
  database: Database
  redisUrl: string | undefined
  /** When Redis last lost what it was given, as it is allowed to: what came true later must be there. */
  redisKeepsSince: Date | undefined
}

export async function everyEventIsStreamed({ database, redisUrl, redisKeepsSince }: Options): Promise<CheckRecord[]> {
  const sent = {
    name: 'every_event_is_sent',
    promise: 'Every event was handed to Redis, at once or by the next sweep.',
  }
  const streamed = {
    name: 'every_event_is_in_its_stream',
    promise: 'The streams hold every event of the books, and those of one order in the order in which they came true.',
  }
  if (redisUrl === undefined)
    return [sent, streamed].map((check) => ({ ...check, violations: [], skipped: 'this run has no Redis' }))
  const unsent = await unsentEvents(database)
  return [
    { ...sent, violations: unsent },
    { ...streamed, violations: await missingOrOvertaken(database, redisUrl, redisKeepsSince) },
  ]
}

async function unsentEvents(database: Database): Promise<Violations> {
  for (const deadline = Date.now() + sweptWithinMs; ; await sleep(1_000)) {
    const { rows } = await database.query<{ subject: string; detail: string }>(
      `select id as subject, 'never sent since ' || created_at as detail from events where streamed_at is null`,
    )
    if (rows.length === 0 || Date.now() > deadline) return rows
  }
}

async function missingOrOvertaken(database: Database, redisUrl: string, since: Date | undefined): Promise<Violations> {
  const place = await placesInStreams(redisUrl)
  const { rows } = await database.query<{ id: string; type: string; aggregateId: string }>(
    `select id, type, aggregate_id as "aggregateId" from events where created_at > $1 order by sequence`,
    [since ?? new Date(0)],
  )
  const missing = rows
    .filter(({ id }) => !place.has(id))
    .map(({ id }) => ({ subject: id, detail: 'it is in no stream' }))
  const overtaken: Violations = []
  const last = new Map<string, { id: string; place: number }>()
  for (const { id, type, aggregateId } of rows) {
    const at = place.get(id)
    if (at === undefined) continue
    const line = `${aggregateId} ${type.split('.')[0]}`
    const before = last.get(line)
    if (before && before.place > at)
      overtaken.push({ subject: id, detail: `it came before ${before.id}, which came true earlier` })
    last.set(line, { id, place: at })
  }
  return [...missing, ...overtaken]
}

/** Where each event stands first; one that was sent twice counts where it came first. */
async function placesInStreams(redisUrl: string): Promise<Map<string, number>> {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 5 })
  const places = new Map<string, number>()
  try {
    for (const stream of streams) {
      for (let from = '-'; ; ) {
        const page = await redis.xrange(stream, from, '+', 'COUNT', PAGE)
        for (const [, fields] of page) {
          const id = fields[fields.indexOf('id') + 1] as string
          if (!places.has(id)) places.set(id, places.size)
        }
        const end = page.at(-1)?.[0]
        if (end === undefined || page.length < PAGE) break
        from = `(${end}`
      }
    }
    return places
  } finally {
    redis.disconnect()
  }
}
