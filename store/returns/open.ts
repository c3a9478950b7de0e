import type { OrderStatus } from '../../domain/order.ts'
import type { Requester } from '../../domain/refund.ts'
import {
  quoteReturn,
  type ReturnItem,
  type ReturnQuote,
  type ReturnRefusal,
  type ReturnStatus,
} from '../../domain/return.ts'
import { type Database, type Db, inTransaction } from '../database.ts'
import { findRefundable } from '../refunds/read.ts'
import { findRefusal, refuseForGood } from '../refused-requests.ts'
import { findReturnStanding, type ReturnStanding } from './standing.ts'

export type ReturnRequest = {
  returnId: string
  orderId: string
  items: ReturnItem[]
  reason: string
  requester: Requester
  /** After delivery. */
  windowMs: number
}

type Refused = { outcome: 'refused'; problem: ReturnRefusal; detail: string }

export type OpenReturnOutcome = ({ outcome: 'open' } & ReturnStanding) | Refused

/**
 * Lays claim to the units that are to come back, or refuses. Whoever returns or refunds something of the same order waits
 * for the one before, so no unit comes back twice. Repeated, it tells where the return stands, or refuses as before.
 */
export function openReturn(database: Database, request: ReturnRequest): Promise<OpenReturnOutcome> {
  const { returnId, orderId, items, reason, requester, windowMs } = request
  return inTransaction(database, async (tx) => {
    await tx.query('select from payments where order_id = $1 for update', [orderId])
    const earlier = await findReturnStanding(tx, returnId)
    if (earlier) return { outcome: 'open', ...earlier }
    const refused = await findRefusal<Refused>(tx, returnId)
    if (refused) return refused
    const refundable = await findRefundable(tx, orderId)
    const quote: ReturnQuote = refundable
      ? quoteReturn(items, { ...refundable, ...(await getDelivery(tx, orderId)) }, windowMs)
      : // The address of a checkout that was refused answers like an order's.
        { outcome: 'refused', problem: 'not_returnable', detail: 'The order was never placed' }
    if (quote.outcome === 'refused') return refuseForGood(tx, returnId, quote)
    await tx.query(
      `with requested as (
         insert into returns (id, order_id, reason, requested_by) values ($1, $2, $3, $4)
       ), wanted as (
         select * from unnest($5::text[], $6::int[]) as w (product_id, quantity)
       ), line as (
         insert into return_lines (return_id, product_id, quantity) select $1, product_id, quantity from wanted
       ), claimed as (
         update reservations v set returned = v.returned + w.quantity, updated_at = now()
           from wanted w where v.order_id = $2 and v.product_id = w.product_id
       )
       insert into order_timeline (order_id, what, actor, detail)
       select $2, 'return requested', $4,
              jsonb_build_object('return_id', $1::text, 'reason', $3::text, 'units', sum(quantity)) from wanted
       returning pg_notify('outcomes', $1)`,
      [
        returnId,
        orderId,
        reason,
        requester.id,
        items.map(({ productId }) => productId),
        items.map(({ quantity }) => quantity),
      ],
    )
    const status: ReturnStatus = 'requested'
    return { outcome: 'open', status, valueMinor: quote.valueMinor, decidedBy: null, receiveUntilMs: null }
  })
}

async function getDelivery(tx: Db, orderId: string) {
  const { rows } = await tx.query<{ orderStatus: OrderStatus; deliveredForMs: number | null }>(
    `select o.status as "orderStatus",
            (select extract(epoch from now() - max(t.created_at))::float8 * 1000 from order_timeline t
              where t.order_id = o.id and t.to_status = 'delivered') as "deliveredForMs"
       from orders o where o.id = $1`,
    [orderId],
  )
  if (!rows[0]) throw new Error(`The order ${orderId} is not there`)
  return rows[0]
}
