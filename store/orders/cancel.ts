import type { CancelReason } from '../../domain/order.ts'
import { settleRefund } from '../refunds/settle.ts'
import type { Db } from '../database.ts'

/** What really happened to the money, as the gateway tells it when an order is undone. */
export type Reversal =
  | { kind: 'nothing_held' }
  | { kind: 'declined'; declineCode: string; intentId: string }
  | { kind: 'voided'; intentId: string }
  /** `transactionId`: the gateway's id of the refund, whose money was claimed before (`holdRest`). */
  | { kind: 'refunded'; refundId: string; transactionId: string }
  /** Nothing of the captured money is left to give back: it was refunded before, or the customer's bank has taken it. */
  | { kind: 'given_back' }

/** Writes down how the money went back. Repeating it changes nothing. */
export async function recordReversal(db: Db, orderId: string, reversal: Reversal): Promise<void> {
  switch (reversal.kind) {
    case 'nothing_held':
      return recordFailedPayment(db, orderId, { intentId: null, declineCode: null })
    case 'declined':
      return recordFailedPayment(db, orderId, reversal)
    case 'voided':
      return recordVoid(db, orderId, reversal.intentId)
    case 'refunded':
      return settleRefund(db, reversal)
    case 'given_back':
  }
}

async function recordFailedPayment(
  db: Db,
  orderId: string,
  { intentId, declineCode }: { intentId: string | null; declineCode: string | null },
): Promise<void> {
  await db.query(
    `with failed as (
       update payments set status = 'failed', transaction_id = coalesce($2, transaction_id), decline_code = $3, updated_at = now()
        where order_id = $1 and status = 'pending'
       returning order_id
     ), shown as (
       update orders o set payment_status = 'failed', updated_at = now() from failed where o.id = failed.order_id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'payment failed', 'shop', jsonb_build_object('decline_code', $3::text) from failed`,
    [orderId, intentId, declineCode],
  )
}

async function recordVoid(db: Db, orderId: string, intentId: string): Promise<void> {
  await db.query(
    `with voided as (
       update payments set voided = true, status = 'failed', transaction_id = $2, updated_at = now()
        where order_id = $1 and not voided and captured_minor = 0
       returning order_id
     ), shown as (
       update orders o set payment_status = 'voided', updated_at = now() from voided where o.id = voided.order_id
     )
     insert into order_timeline (order_id, what, actor) select order_id, 'authorization voided', 'shop' from voided`,
    [orderId, intentId],
  )
}

export type Cancellation = {
  orderId: string
  reason: CancelReason
  actor: string
  note?: string | undefined
  riskScore?: number | undefined
}

/**
 * Ends the order and gives its units back: promised ones are released, sold ones return to the shelf. An order that was
 * never placed can no longer be placed afterwards, however late the attempt. Repeating it changes nothing. Answers
 * whether there is an order at all, whether its payment is disputed, and whether it was ever paid.
 */
export async function cancelOrder(
  db: Db,
  cancellation: Cancellation,
): Promise<{ isOrder: boolean; isDisputed: boolean; wasPaid: boolean }> {
  const { rows } = await db.query<{ ended: number }>({
    name: 'cancel-order',
    text: `
with abandoned as (
  update checkouts set outcome = 'abandoned', refusal = jsonb_build_object('code', $2::text), updated_at = now()
   where order_id = $1 and outcome = 'received'
  returning order_id
), was as materialized (
  select id, status from orders where id = $1 and status in ('pending', 'paid') for update
), cancelled as (
  update orders o set status = 'cancelled', cancel_reason = $2, next_action = null, review_until = null,
                      needs_attention = case when needs_attention in ('payment disputed', 'payment dispute lost') then needs_attention end,
                      risk_score = coalesce($5, o.risk_score), updated_at = now()
    from was where o.id = was.id
  returning o.id, was.status as was_status
), locked as materialized (
  -- What a refund has put back is on the shelf already.
  select s.product_id, r.quantity - r.restocked as quantity, r.state from stock s join reservations r using (product_id), cancelled
   where r.order_id = cancelled.id and r.state in ('active', 'consumed')
   order by s.product_id
     for update of s, r -- the reservation too: a confirmation that we had to wait for may have turned it
), given_up as (
  update reservations r set state = case l.state when 'active' then 'released' else 'returned' end, updated_at = now()
    from locked l where r.order_id = $1 and r.product_id = l.product_id
), put_back as (
  update stock s set reserved = s.reserved - case l.state when 'active' then l.quantity else 0 end,
                     on_hand = s.on_hand + case l.state when 'consumed' then l.quantity else 0 end, updated_at = now()
    from locked l where s.product_id = l.product_id
), ledger as (
  insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source)
  select product_id, quantity, 'in', 'order cancelled', $1, $1 || ':return' from locked where state = 'consumed' and quantity > 0
), told as (
  insert into order_timeline (order_id, what, from_status, to_status, actor, detail)
  select id, 'order cancelled', was_status, 'cancelled', $3, jsonb_strip_nulls(jsonb_build_object('reason', $2::text, 'note', $4::text))
    from cancelled
)
select (select count(pg_notify('outcomes', id)::text)::int
          from (select id from cancelled union all select order_id from abandoned) over (id)) as ended`,
    values: [
      cancellation.orderId,
      cancellation.reason,
      cancellation.actor,
      cancellation.note ?? null,
      cancellation.riskScore ?? null,
    ],
  })
  const stands = await howItStands(db, cancellation.orderId)
  // The order was being placed while the statement above waited for it, unseen by it: now it can be seen.
  if (!rows[0]?.ended && stands.isOpen) return cancelOrder(db, cancellation)
  return { isOrder: stands.isOrder, isDisputed: stands.isDisputed, wasPaid: stands.wasPaid }
}

async function howItStands(db: Db, orderId: string) {
  const { rows } = await db.query<{ isOpen: boolean; isDisputed: boolean; wasPaid: boolean }>({
    name: 'how-order-stands',
    text: `select o.status in ('pending', 'paid') as "isOpen", p.disputed_minor > 0 as "isDisputed",
                  exists (select from order_timeline t where t.order_id = o.id and t.to_status = 'paid') as "wasPaid"
             from orders o join payments p on p.order_id = o.id where o.id = $1`,
    values: [orderId],
  })
  const { isOpen = false, isDisputed = false, wasPaid = false } = rows[0] ?? {}
  return { isOrder: rows.length > 0, isOpen, isDisputed, wasPaid }
}
