import type { ReplenishmentStatus, SupplierOrderStatus } from '../../domain/replenishment.ts'
import type { Db } from '../database.ts'

export type Replenishment = {
  id: string
  productId: string
  quantity: number
  received: number
  status: ReplenishmentStatus
  requestedBy: string
  cancelledBy: string | null
  cancelReason: string | null
  needsAttention: string | null
  receipts: { id: string; quantity: number; receivedBy: string; createdAt: string }[]
  /** Who was asked for the units, in that order. */
  asked: {
    supplierId: string
    supplierName: string
    supplierSku: string
    quantity: number
    status: SupplierOrderStatus
    confirmedQuantity: number
    unitCostMinor: number
    currency: string
    expectedAt: string | null
    refusal: string | null
    reminders: number
    askedAt: string
  }[]
  createdAt: Date
  updatedAt: Date
}

const replenishmentColumns = `
  r.id, r.product_id as "productId", r.quantity, r.received, r.status, r.requested_by as "requestedBy",
  r.cancelled_by as "cancelledBy", r.cancel_reason as "cancelReason", r.needs_attention as "needsAttention",
  r.created_at as "createdAt", r.updated_at as "updatedAt",
  (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'quantity', c.quantity, 'receivedBy', c.received_by,
            'createdAt', c.created_at) order by c.created_at, c.id), '[]')
     from replenishment_receipts c where c.replenishment_id = r.id) as receipts,
  (select coalesce(jsonb_agg(jsonb_build_object('supplierId', o.supplier_id, 'supplierName', s.name,
            'supplierSku', o.supplier_sku, 'quantity', o.quantity, 'status', o.status,
            'confirmedQuantity', o.confirmed_quantity, 'unitCostMinor', o.unit_cost_minor, 'currency', o.currency,
            'expectedAt', o.expected_at, 'refusal', o.refusal, 'reminders', o.reminders, 'askedAt', o.asked_at)
            order by o.turn), '[]')
     from supplier_orders o join suppliers s on s.id = o.supplier_id where o.replenishment_id = r.id) as asked`

export async function findReplenishment(db: Db, replenishmentId: string): Promise<Replenishment | undefined> {
  const { rows } = await db.query<Replenishment>(
    `select ${replenishmentColumns} from replenishments r where r.id = $1`,
    [replenishmentId],
  )
  return rows[0]
}

export type ReplenishmentFilter = {
  productId?: string | undefined
  status?: ReplenishmentStatus | undefined
  needsAttention?: boolean | undefined
  before?: string | undefined
  limit: number
}

/** Newest first. `before` is the last id of the page before. */
export async function listReplenishments(db: Db, filter: ReplenishmentFilter): Promise<Replenishment[]> {
  const { rows } = await db.query<Replenishment>(
    `select ${replenishmentColumns} from replenishments r
      where ($1::text is null or r.product_id = $1) and ($2::text is null or r.status = $2)
        and ($3::boolean is null or (r.needs_attention is not null) = $3) and ($4::text is null or r.id < $4)
      order by r.id desc limit $5`,
    [
      filter.productId ?? null,
      filter.status ?? null,
      filter.needsAttention ?? null,
      filter.before ?? null,
      filter.limit,
    ],
  )
  return rows
}
