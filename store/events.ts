import type { Redis } from 'ioredis'
import type { Database, Db } from './database.ts'

/** A fact about an order. `subjectId` is what it happened to, where that is not the order itself: a refund. */
export type OrderFact = { type: OrderEventType; subjectId?: string }

export type OrderEventType =
  | 'order.created'
  | 'order.paid'
  | 'order.shipped'
  | 'order.delivered'
  | 'order.cancelled'
  | 'payment.success'
  | 'payment.failed'
  | 'payment.voided'
  | 'payment.disputed'
  | 'refund.requested'
  | 'refund.success'
  | 'refund.failed'
  | 'inventory.released'

export type Event = { id: string; type: string; aggregateId: string; payload: Record<string, unknown> }

/**
 * Keeps the facts as events, in their order; one that is told again is not told twice. Returns all of the order's events
 * that Redis does not have yet, oldest first, so that none overtakes another.
 */
export async function recordOrderEvents(db: Db, orderId: string, facts: OrderFact[]): Promise<Event[]> {
  const { rows } = await db.query<Event>({
    name: 'record-order-events',
    text: `
with told as (
  select coalesce(f.subject_id, o.id) || ':' || f.type as id, f.type, o.id as aggregate_id, f.place,
         jsonb_strip_nulls(jsonb_build_object('order_id', o.id, 'number', o.number, 'user_id', o.user_id,
           'status', o.status, 'payment_status', o.payment_status, 'refund_id', f.subject_id,
           'total', jsonb_build_object('amount', o.total_minor, 'currency', o.currency))) as payload
    from orders o, unnest($2::text[], $3::text[]) with ordinality as f (type, subject_id, place)
   where o.id = $1
), recorded as (
  insert into events (id, type, aggregate_id, payload) select id, type, aggregate_id, payload from told order by place
  on conflict (id) do nothing
  returning id, type, aggregate_id, payload, sequence
)
select e.id, e.type, e.aggregate_id as "aggregateId", e.payload
  from (select id, type, aggregate_id, payload, sequence from events where aggregate_id = $1 and streamed_at is null
        union all
        -- Rows written by this statement are not visible to it.
        select * from recorded) e
 order by e.sequence`,
    values: [orderId, facts.map((fact) => fact.type), facts.map((fact) => fact.subjectId ?? null)],
  })
  return rows
}

/** Events that Redis should have had by now: it was away, or a process died between the two. */
export async function listUnstreamedEvents(db: Db, limit: number): Promise<Event[]> {
  const { rows } = await db.query<Event>(
    `select id, type, aggregate_id as "aggregateId", payload from events
      where streamed_at is null and created_at < now() - interval '5 seconds'
      order by aggregate_id, sequence limit $1`,
    [limit],
  )
  return rows
}

/** One stream for each kind of thing, so that the events of one order stay in order. */
const streamOf = (event: Event): string => `holdfast:events:${event.type.split('.')[0]}`

/**
 * Hands events to Redis Streams and notes that they are there. A crash between the two sends one again: consumers drop
 * doubles by its id. Without Redis the rows wait and a sweep sends them when it is back.
 */
export async function streamEvents(database: Database, redis: Redis, events: Event[]): Promise<void> {
  if (events.length === 0) return
  const pipeline = redis.pipeline()
  for (const event of events) {
    const fields = ['id', event.id, 'type', event.type, 'aggregate_id', event.aggregateId]
    const payload = JSON.stringify(event.payload)
    pipeline.xadd(streamOf(event), 'MAXLEN', '~', 100_000, '*', ...fields, 'payload', payload)
  }
  const results = (await pipeline.exec()) ?? []
  const failure = results.find(([error]) => error)?.[0]
  if (failure) throw failure
  await database.query({
    name: 'mark-streamed',
    text: 'update events set streamed_at = now() where id = any($1::text[])',
    values: [events.map((event) => event.id)],
  })
}
