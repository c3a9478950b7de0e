import { cancellationRefundIdOf } from '../../domain/ids.ts'
import { type Database, inTransaction } from '../database.ts'

/** What a cancellation has to give back: `amountMinor` of captured money, or nothing that is still ours to give. */
export type RestOfMoney = { refundId: string; amountMinor: number } | undefined

/**
 * Lays claim to all captured money that has not gone back, for an order that is given up: from here on no refund can
 * have any of it. Refunds that still wait for approval are superseded. One that is being paid out comes first: this
 * throws until it has ended. Money that the customer's bank disputes is theirs to decide about. Repeated, it answers the same.
 */
export function holdRest(
  database: Database,
  { orderId, intentId }: { orderId: string; intentId: string },
): Promise<RestOfMoney> {
  const refundId = cancellationRefundIdOf(orderId)
  return inTransaction(database, async (tx) => {
    // The gateway may have captured without our having heard.
    await tx.query(
      `with captured as (
         update payments set authorized_minor = amount_minor, captured_minor = amount_minor, captured_at = now(),
                             transaction_id = $2, status = 'success', updated_at = now()
          where order_id = $1 and captured_minor = 0 and not voided
         returning order_id
       )
       update orders o set payment_status = 'captured', updated_at = now() from captured c where o.id = c.order_id`,
      [orderId, intentId],
    )
    await tx.query('select from payments where order_id = $1 for update', [orderId])
    const { rows: refunds } = await tx.query<{ id: string; status: string; amountMinor: number }>(
      `select id, status, amount_minor as "amountMinor" from refunds
        where order_id = $1 and (id = $2 or status = 'processing')`,
      [orderId, refundId],
    )
    const ours = refunds.find(({ id }) => id === refundId)
    if (ours) return { refundId, amountMinor: ours.amountMinor }
    if (refunds.length > 0) throw new Error(`The refund ${refunds[0]?.id} of ${orderId} is on its way and comes first`)
    await tx.query(
      `with superseded as (
         update refunds set status = 'rejected', decided_by = 'shop', needs_attention = null, updated_at = now()
          where order_id = $1 and status = 'pending_approval'
         returning id, order_id, amount_minor
       ), told as (
         insert into order_timeline (order_id, what, actor, detail)
         select order_id, 'refund rejected', 'shop', jsonb_build_object('refund_id', id, 'reason', 'the order was cancelled')
           from superseded
       )
       update payments set refund_held_minor = 0, updated_at = now()
        where order_id = $1 and refund_held_minor > 0`,
      [orderId],
    )
    const { rows } = await tx.query<{ amountMinor: number }>({
      name: 'hold-rest',
      text: `
with rest as (
  update payments set refund_held_minor = captured_minor - refunded_minor - least(disputed_minor, captured_minor - refunded_minor),
                      updated_at = now()
   where order_id = $1 and captured_minor - refunded_minor > disputed_minor
  returning id, order_id, refund_held_minor, currency
)
insert into refunds (id, order_id, payment_id, amount_minor, currency, reason, status)
select $2, order_id, id, refund_held_minor, currency, 'order cancelled', 'processing' from rest
returning amount_minor as "amountMinor"`,
      values: [orderId, refundId],
    })
    return rows[0] && { refundId, amountMinor: rows[0].amountMinor }
  })
}
