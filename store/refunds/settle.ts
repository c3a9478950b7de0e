import type { Db } from '../database.ts'
import { turnOfRefund } from './turn.ts'

/** `transactionId`: the gateway's id of the refund. */
export type Settlement = { refundId: string; transactionId: string }

/**
 * The money went back: the claim becomes a refund, and the units that were to be put back are, unless the cancellation of
 * the order has put them back meanwhile. Repeating it changes nothing. Right also for a refund that was given up as
 * refused, in a task that was lost, and went out when it was tried again under its key; it then waits until there is room
 * for it among the other claims.
 */
export async function settleRefund(db: Db, { refundId, transactionId }: Settlement): Promise<void> {
  await db.query({
    name: 'settle-refund',
    text: `
with ${turnOfRefund}, was as materialized (
  select r.status, r.order_id, r.items from refunds r, turn
   where r.id = $1 and r.status in ('processing', 'failed') for update of r
), ordered as materialized (
  -- Before the shelf, as a cancellation has it: two that wait for each other would wait for ever.
  select o.id from orders o, was where o.id = was.order_id for update of o
), wished as (
  select was.order_id, i ->> 'productId' as product_id, sum((i ->> 'quantity')::int)::int as units
    from was, jsonb_array_elements(was.items) as i where (i ->> 'restock')::boolean
   group by 1, 2
), locked as materialized (
  select k.product_id, w.order_id, w.units, v.state = 'consumed' as is_away
    from ordered join wished w on w.order_id = ordered.id join stock k using (product_id) join reservations v using (order_id, product_id)
   order by k.product_id
     for update of k, v -- the reservation too: a cancellation that we had to wait for may have turned it
), restocked as (
  select * from locked where is_away
), settled as (
  update refunds r set status = 'succeeded', transaction_id = $2, failure_code = null, needs_attention = null, updated_at = now(),
                       items = (select coalesce(jsonb_agg(i || jsonb_build_object('restock', b.product_id is not null) order by place), '[]')
                                  from jsonb_array_elements(was.items) with ordinality as e (i, place)
                                  left join restocked b on (i ->> 'restock')::boolean and b.product_id = i ->> 'productId')
    from was where r.id = $1
  returning r.id, r.order_id, r.payment_id, r.amount_minor,
            case was.status when 'processing' then r.amount_minor else 0 end as claimed_minor
), paid_back as (
  update payments p set refund_held_minor = refund_held_minor - s.claimed_minor, refunded_minor = refunded_minor + s.amount_minor,
                        status = case when refunded_minor + s.amount_minor = captured_minor then 'refunded' else p.status end,
                        updated_at = now()
    from settled s where p.id = s.payment_id
  returning p.order_id, p.status
), shown as (
  update orders o set payment_status = case b.status when 'refunded' then 'refunded' else 'partially_refunded' end,
                      updated_at = now()
    from paid_back b where o.id = b.order_id
), put_back as (
  update stock k set on_hand = k.on_hand + r.units, updated_at = now()
    from restocked r where k.product_id = r.product_id
), counted as (
  update reservations v set restocked = v.restocked + r.units, updated_at = now()
    from restocked r where v.order_id = r.order_id and v.product_id = r.product_id
), ledger as (
  insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source)
  select product_id, units, 'in', 'refunded', order_id, $1 || ':restock' from restocked
)
insert into order_timeline (order_id, what, actor, detail)
select order_id, 'payment refunded', 'shop', jsonb_build_object('refund_id', id, 'amount', amount_minor) from settled
returning pg_notify('outcomes', $1)`,
    values: [refundId, transactionId],
  })
}

export type Drop = { refundId: string; failureCode: string }

/** The gateway refused for good: the claim is given up, no balance has changed, and a person should know. */
export async function dropRefund(db: Db, { refundId, failureCode }: Drop): Promise<void> {
  await db.query({
    name: 'drop-refund',
    text: `
with ${turnOfRefund}, dropped as (
  update refunds r set status = 'failed', failure_code = $2, updated_at = now(),
                       needs_attention = 'the gateway refused: ' || $2 || '; resolve with retry or skip'
    from turn where r.id = $1 and r.status = 'processing'
  returning r.id, r.order_id, r.payment_id, r.amount_minor
), released as (
  update payments p set refund_held_minor = refund_held_minor - d.amount_minor, updated_at = now()
    from dropped d where p.id = d.payment_id
)
insert into order_timeline (order_id, what, actor, detail)
select order_id, 'refund failed', 'shop', jsonb_build_object('refund_id', id, 'code', $2::text) from dropped
returning pg_notify('outcomes', $1)`,
    values: [refundId, failureCode],
  })
}
