import type { Db } from './database.ts'
import type { Event } from './events.ts'

/** An event as it stands in the books; `sequence` is its place among all. */
export type LoggedEvent = Event & { sequence: number; toldAt: Date; isStreamed: boolean }

const columns = `sequence, id, type, aggregate_id as "aggregateId", payload, created_at as "toldAt",
  streamed_at is not null as "isStreamed"`

/**
 * What came after, in order and without a hole: a number that is missing may belong to a transaction that is not through
 * yet, and what follows it waits for as long as one may take.
 */
export async function listSettledEvents(
  db: Db,
  { after, limit }: { after: number; limit: number },
): Promise<LoggedEvent[]> {
  const { rows } = await db.query<LoggedEvent>({
    name: 'list-settled-events',
    text: `
with next as materialized (
  select *, sequence - lag(sequence, 1, $1::bigint) over (order by sequence) > 1
              and created_at > now() - interval '5 seconds' as is_after_gap
    from (select * from events where sequence > $1 order by sequence limit $2) e
)
select ${columns} from next
 where sequence < coalesce((select min(sequence) from next where is_after_gap), 9223372036854775807)
 order by sequence`,
    values: [after, limit],
  })
  return rows
}

export async function lastSequence(db: Db): Promise<number> {
  const { rows } = await db.query<{ last: number }>('select coalesce(max(sequence), 0) as last from events')
  return rows[0]?.last ?? 0
}

/** Where an event stands. */
export async function findSequence(db: Db, eventId: string): Promise<number | undefined> {
  const { rows } = await db.query<{ sequence: number }>('select sequence from events where id = $1', [eventId])
  return rows[0]?.sequence
}

export type EventFilter = {
  topic?: string | undefined
  aggregateId?: string | undefined
  since?: string | undefined
  isStreamed?: boolean | undefined
}

/** The filter as a condition, whose values are added to those that there are: what is not asked for costs no look. */
function matching({ topic, aggregateId, since, isStreamed }: EventFilter, values: unknown[]): string {
  const bind = (value: unknown): string => `$${values.push(value)}`
  const conditions = [
    ...(topic === undefined ? [] : [`split_part(type, '.', 1) = ${bind(topic)}`]),
    ...(aggregateId === undefined ? [] : [`aggregate_id = ${bind(aggregateId)}`]),
    ...(since === undefined ? [] : [`created_at >= ${bind(since)}`]),
    ...(isStreamed === undefined ? [] : [`streamed_at is ${isStreamed ? 'not null' : 'null'}`]),
  ]
  return ['true', ...conditions].join(' and ')
}

/** A page of the books, the newest first. */
export async function listEvents(
  db: Db,
  { before, limit, ...filter }: EventFilter & { before: number | undefined; limit: number },
): Promise<LoggedEvent[]> {
  const values: unknown[] = [before ?? Number.MAX_SAFE_INTEGER, limit]
  const { rows } = await db.query<LoggedEvent>(
    `select ${columns} from events where sequence < $1 and ${matching(filter, values)} order by sequence desc limit $2`,
    values,
  )
  return rows
}

const REPLAYED_AT_ONCE = 5_000

/**
 * Forgets that the streams have these, so that they are due again: whoever hands events on does the rest. Goes through
 * them page by page; answers where the next one begins.
 */
export async function forgetStreamed(
  db: Db,
  { after, ...filter }: Omit<EventFilter, 'isStreamed'> & { after: number },
): Promise<{ due: number; next: number | null }> {
  const values: unknown[] = [after]
  const { rows } = await db.query<{ due: number; last: number | null; seen: number }>(
    `with page as materialized (
       select * from events where sequence > $1 order by sequence limit ${REPLAYED_AT_ONCE}
     ), due as (
       update events e set streamed_at = null
         from (select sequence from page where ${matching(filter, values)}) wanted
        where e.sequence = wanted.sequence
       returning e.sequence
     )
     select (select count(*) from due) as due, max(sequence) as last, count(*) as seen from page`,
    values,
  )
  const { due = 0, last = null, seen = 0 } = rows[0] ?? {}
  return { due, next: seen === REPLAYED_AT_ONCE ? last : null }
}
