import type { Redis } from 'ioredis'
import { type EventType, topicOf } from '../domain/events.ts'
import type { Database, Db } from './database.ts'

/** A fact about an order. `subjectId` is what it happened to, where that is not the order itself: a refund, a return. */
export type OrderFact = { type: OrderEventType; subjectId?: string }

/** What a workflow tells by its name. What follows from it (a status, an end) is told with it, by the statement below. */
export type OrderEventType = Exclude<
  EventType,
  'order.status_updated' | 'order.completed' | 'order.failed' | 'inventory.low' | 'product.updated'
>

export type Event = { id: string; type: string; aggregateId: string; payload: Record<string, unknown> }

/**
 * Keeps the facts as events, in their order; one that is told again is not told twice. With the turn of an order goes its
 * `order.status_updated`, with its end `order.completed` or `order.failed`. Returns all of the order's events that Redis
 * does not have yet, oldest first, so that none overtakes another.
 */
export async function recordOrderEvents(db: Db, orderId: string, facts: OrderFact[]): Promise<Event[]> {
  const { rows } = await db.query<Event>({
    name: 'record-order-events',
    text: `with ${toldSql('o.payment_status')} ${untoldSql}`,
    values: [orderId, ...factValues(facts)],
  })
  return rows
}

/** The second and third value of a statement that tells facts of the order in its first. */
export const factValues = (facts: OrderFact[]) => [
  facts.map((fact) => fact.type),
  facts.map((fact) => fact.subjectId ?? null),
]

/**
 * Tables of a `with` that keep the facts as events. A statement does not see what it writes itself: `paymentStatus` says
 * where the payment of `o` stands once it is done.
 */
export const toldSql = (paymentStatus: string): string => `
named as (
  select coalesce(f.subject_id, o.id) || ':' || f.type as id, f.type, f.subject_id, f.place, o.id as order_id, o.number,
         o.user_id, o.status, ${paymentStatus} as payment_status, o.cancel_reason, o.total_minor, o.currency,
         case when f.type in ('order.paid', 'order.shipped', 'order.delivered', 'order.cancelled') then substr(f.type, 7) end as turned,
         case when f.type = 'order.delivered' then 'order.completed'
              when f.type = 'order.cancelled' and o.cancel_reason not in ('cancelled_by_customer', 'cancelled_by_operator')
                then 'order.failed' end as ended
    from orders o, unnest($2::text[], $3::text[]) with ordinality as f (type, subject_id, place)
   where o.id = $1
), told as (
  select t.*, n.place, n.order_id, n.number, n.user_id, n.status, n.payment_status, n.cancel_reason, n.total_minor, n.currency
    from named n, lateral (values
           (n.id, n.type, n.subject_id, null, 1),
           (n.order_id || ':order.status_updated:' || n.turned, 'order.status_updated', null, n.turned, 2),
           (n.order_id || ':' || n.ended, n.ended, null, null, 3)) as t (id, type, subject_id, turned, nth)
   where t.id is not null
), recorded as (
  insert into events (id, type, aggregate_id, payload)
  select id, type, order_id,
         jsonb_strip_nulls(jsonb_build_object('order_id', order_id, 'number', number, 'user_id', user_id,
           'status', coalesce(turned, status), 'payment_status', payment_status, 'refund_id', case when type like 'refund.%' then subject_id end,
           'return_id', case when type like 'return.%' then subject_id end,
           'previous_status', case turned when 'paid' then 'pending' when 'shipped' then 'paid' when 'delivered' then 'shipped'
             when 'cancelled' then (select from_status from order_timeline where order_id = $1 and to_status = 'cancelled' limit 1) end,
           'reason', case when type in ('order.cancelled', 'order.failed') then cancel_reason end,
           'total', jsonb_build_object('amount', total_minor, 'currency', currency)))
    from told order by place, nth
  on conflict (id) do nothing
  returning id, type, aggregate_id, payload, sequence
)`

/** What Redis does not have of the order, what is told by this very statement included. */
export const untoldSql = `
select e.id, e.type, e.aggregate_id as "aggregateId", e.payload
  from (select id, type, aggregate_id, payload, sequence from events where aggregate_id = $1 and streamed_at is null
        union all
        -- Rows written by this statement are not visible to it.
        select * from recorded) e
 order by e.sequence`

/** Whoever told an event has handed it on by then, or never will. */
export const HANDED_ON_WITHIN_MS = 5_000

/**
 * Events that Redis should have had by now: it was away, or a process died between the two. Nobody is on the way to hand
 * on those of a product, so they are due at once.
 */
export async function listUnstreamedEvents(db: Db, limit: number): Promise<Event[]> {
  const { rows } = await db.query<Event>(
    `select id, type, aggregate_id as "aggregateId", payload from events
      where streamed_at is null and (created_at < now() - $2 * interval '1 ms' or aggregate_id like 'prd%')
      order by aggregate_id, sequence limit $1`,
    [limit, HANDED_ON_WITHIN_MS],
  )
  return rows
}

/** One stream for each kind of thing, so that the events of one order stay in order. */
const streamOf = (event: Event): string => `holdfast:events:${topicOf(event.type)}`

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
