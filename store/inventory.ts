import type { ReorderMode } from '../domain/reorder-quantity.ts'
import type { Db } from './database.ts'

export type Stock = {
  productId: string
  onHand: number
  reserved: number
  available: number
  incoming: number
  reorderPoint: number
  reorderQuantity: number
  reorderMode: ReorderMode
}

/** Sums of two of these stay far inside the column's range. */
export const MAX_ON_HAND = 1_000_000_000

const stockColumns = `product_id as "productId", on_hand as "onHand", reserved, on_hand - reserved as available,
  incoming, reorder_point as "reorderPoint", reorder_quantity as "reorderQuantity",
  reorder_mode as "reorderMode"`

export async function findStock(db: Db, productId: string): Promise<Stock | undefined> {
  const { rows } = await db.query<Stock>({
    name: 'find-stock',
    text: `select ${stockColumns} from stock where product_id = $1`,
    values: [productId],
  })
  return rows[0]
}

/** Sets when and how much to reorder; what is not given stays. */
export async function setReordering(
  db: Db,
  productId: string,
  reordering: {
    reorderPoint?: number | undefined
    reorderQuantity?: number | undefined
    reorderMode?: ReorderMode | undefined
  },
): Promise<Stock | undefined> {
  const { rows } = await db.query<Stock>(
    `update stock
        set reorder_point = coalesce($2, reorder_point), reorder_quantity = coalesce($3, reorder_quantity),
            reorder_mode = coalesce($4, reorder_mode), updated_at = now()
      where product_id = $1
     returning ${stockColumns}`,
    [productId, reordering.reorderPoint ?? null, reordering.reorderQuantity ?? null, reordering.reorderMode ?? null],
  )
  return rows[0]
}

export type ChangeType = 'in' | 'out' | 'adjustment'

/** `id` makes it happen once, whatever happens to the answer. */
export type StockAdjustment = { id: string; productId: string; change: number; type: ChangeType; reason: string }

export type AdjustmentOutcome = 'adjusted' | 'unknown_product' | 'insufficient_stock' | 'too_much'

/**
 * Moves units onto or off the shelf and writes it into the ledger, or does nothing at all: below zero, or below what is
 * promised to orders, the shelf cannot go.
 */
export async function adjustStock(
  db: Db,
  adjustment: StockAdjustment,
): Promise<{ outcome: AdjustmentOutcome; stock?: Stock | undefined }> {
  const { id, productId, change, type, reason } = adjustment
  const { rows } = await db.query<Stock>({
    name: 'adjust-stock',
    text: `with moved as (
             update stock set on_hand = on_hand + $3, updated_at = now()
              where product_id = $2 and on_hand + $3 between reserved and ${MAX_ON_HAND}
             returning *
           ), entered as (
             insert into inventory_records (product_id, change_quantity, change_type, reason, source)
             select product_id, $3, $4, $5, $1 from moved
           )
           select ${stockColumns} from moved`,
    values: [id, productId, change, type, reason],
  })
  if (rows[0]) return { outcome: 'adjusted', stock: rows[0] }
  const stock = await findStock(db, productId)
  if (!stock) return { outcome: 'unknown_product' }
  return { outcome: change < 0 ? 'insufficient_stock' : 'too_much', stock }
}

export type LedgerEntry = {
  id: number
  change: number
  type: ChangeType
  reason: string
  orderId: string | null
  createdAt: Date
}

/** A page of a product's ledger, oldest first. */
export async function listLedger(
  db: Db,
  productId: string,
  page: { afterId: number; limit: number },
): Promise<{ entries: LedgerEntry[]; hasMore: boolean }> {
  const { rows } = await db.query<LedgerEntry>(
    `select id, change_quantity as change, change_type as type, reason, order_id as "orderId", created_at as "createdAt"
       from inventory_records where product_id = $1 and id > $2 order by id limit $3`,
    [productId, page.afterId, page.limit + 1],
  )
  return { entries: rows.slice(0, page.limit), hasMore: rows.length > page.limit }
}
