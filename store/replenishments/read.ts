import type { ReplenishmentStatus } from '../../domain/replenishment.ts'
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
  createdAt: Date
  updatedAt: Date
}

const replenishmentColumns = `
  r.id, r.product_id as "productId", r.quantity, r.received, r.status, r.requested_by as "requestedBy",
  r.cancelled_by as "cancelledBy", r.cancel_reason as "cancelReason", r.needs_attention as "needsAttention",
  r.created_at as "createdAt", r.updated_at as "updatedAt",
  (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'quantity', c.quantity, 'receivedBy', c.received_by,
            'createdAt', c.created_at) order by c.created_at, c.id), '[]')
     from replenishment_receipts c where c.replenishment_id = r.id) as receipts`

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
