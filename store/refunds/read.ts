import type { RefundItem, RefundStatus, Refundable } from '../../domain/refund.ts'
import { type AftercareFilter, listAftercare } from '../aftercare.ts'
import type { Db } from '../database.ts'

export type Refund = {
  id: string
  orderId: string
  /** Whose order it is. */
  userId: string
  amountMinor: number
  currency: string
  items: RefundItem[]
  reason: string
  status: RefundStatus
  requestedBy: string
  approvalUntil: Date | null
  decidedBy: string | null
  failureCode: string | null
  attempt: number
  needsAttention: string | null
  createdAt: Date
  updatedAt: Date
}

const refundColumns = `
  r.id, r.order_id as "orderId", o.user_id as "userId", r.amount_minor as "amountMinor", r.currency, r.items, r.reason,
  r.status, r.requested_by as "requestedBy", r.approval_until as "approvalUntil", r.decided_by as "decidedBy",
  r.failure_code as "failureCode", r.attempt, r.needs_attention as "needsAttention", r.created_at as "createdAt",
  r.updated_at as "updatedAt"`

export async function findRefund(db: Db, refundId: string): Promise<Refund | undefined> {
  const { rows } = await db.query<Refund>({
    name: 'find-refund',
    text: `select ${refundColumns} from refunds r join orders o on o.id = r.order_id where r.id = $1`,
    values: [refundId],
  })
  return rows[0]
}

export type RefundFilter = AftercareFilter<RefundStatus>

export const listRefunds = (db: Db, filter: RefundFilter): Promise<Refund[]> =>
  listAftercare(db, 'refund', refundColumns, filter)

/** What of an order's money and units is left to refund; `undefined` for an order that is not there. */
export async function findRefundable(db: Db, orderId: string): Promise<Refundable | undefined> {
  const { rows } = await db.query<Refundable>({
    name: 'find-refundable',
    text: `
with named as (
  select i ->> 'productId' as product_id, sum((i ->> 'quantity')::int)::int as units,
         coalesce(sum((i ->> 'quantity')::int) filter (where (i ->> 'restock')::boolean and r.status <> 'succeeded'), 0)::int
           as restock_on_its_way
    from refunds r, jsonb_array_elements(r.items) as i
   where r.order_id = $1 and r.status in ('pending_approval', 'processing', 'succeeded')
   group by 1
)
select p.currency, p.captured_minor as "capturedMinor", p.refunded_minor as "refundedMinor",
       p.refund_held_minor as "heldMinor", p.disputed_minor as "disputedMinor",
       coalesce(extract(epoch from now() - p.captured_at) * 1000, 0)::float8 as "capturedForMs",
       (select jsonb_agg(jsonb_build_object('productId', i.product_id, 'unitPriceMinor', i.unit_price_minor,
                 'quantity', i.quantity, 'refundedUnits', coalesce(n.units, 0) + v.returned,
                 'restockedUnits', case v.state when 'consumed' then v.restocked + coalesce(n.restock_on_its_way, 0)
                                        else i.quantity end) order by i.product_id)
          from order_items i join reservations v using (order_id, product_id) left join named n using (product_id)
         where i.order_id = p.order_id) as lines
  from payments p where p.order_id = $1`,
    values: [orderId],
  })
  return rows[0]
}
