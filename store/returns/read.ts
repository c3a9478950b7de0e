import type { RefundStatus } from '../../domain/refund.ts'
import type { ReceivedItem, ReturnStatus } from '../../domain/return.ts'
import { type AftercareFilter, listAftercare } from '../aftercare.ts'
import type { Db } from '../database.ts'

export type Return = {
  id: string
  orderId: string
  /** Whose order it is. */
  userId: string
  status: ReturnStatus
  reason: string
  currency: string
  items: { productId: string; quantity: number; received: number; unitPriceMinor: number }[]
  receipts: { id: string; items: ReceivedItem[]; receivedBy: string; createdAt: string }[]
  requestedBy: string
  decidedBy: string | null
  decisionReason: string | null
  cancelledBy: string | null
  receiveUntil: Date | null
  refund: { id: string; status: RefundStatus; amountMinor: number } | null
  needsAttention: string | null
  createdAt: Date
  updatedAt: Date
}

const returnColumns = `
  r.id, r.order_id as "orderId", o.user_id as "userId", r.status, r.reason, o.currency, r.requested_by as "requestedBy",
  r.decided_by as "decidedBy", r.decision_reason as "decisionReason", r.cancelled_by as "cancelledBy",
  r.receive_until as "receiveUntil", r.needs_attention as "needsAttention", r.created_at as "createdAt",
  r.updated_at as "updatedAt",
  (select jsonb_agg(jsonb_build_object('productId', l.product_id, 'quantity', l.quantity, 'received', l.received,
            'unitPriceMinor', i.unit_price_minor) order by l.product_id)
     from return_lines l join order_items i on i.order_id = r.order_id and i.product_id = l.product_id
    where l.return_id = r.id) as items,
  (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'items', c.items, 'receivedBy', c.received_by,
            'createdAt', c.created_at) order by c.created_at, c.id), '[]')
     from (select id, received_by, created_at, jsonb_agg(jsonb_build_object('productId', product_id, 'quantity', quantity,
                    'restock', restock) order by product_id) as items
             from return_receipts where return_id = r.id group by id, received_by, created_at) c) as receipts,
  (select jsonb_build_object('id', f.id, 'status', f.status, 'amountMinor', f.amount_minor)
     from refunds f where f.id = 're_' || substr(r.id, 5)) as refund`

export async function findReturn(db: Db, returnId: string): Promise<Return | undefined> {
  const { rows } = await db.query<Return>({
    name: 'find-return',
    text: `select ${returnColumns} from returns r join orders o on o.id = r.order_id where r.id = $1`,
    values: [returnId],
  })
  return rows[0]
}

export type ReturnFilter = AftercareFilter<ReturnStatus>

export const listReturns = (db: Db, filter: ReturnFilter): Promise<Return[]> =>
  listAftercare(db, 'return', returnColumns, filter)
