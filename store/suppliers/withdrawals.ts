import { type Database, type Db, inTransaction } from '../database.ts'
import { findTurn, type Turn, type TurnStanding } from './orders.ts'

/**
 * Gives up waiting for a supplier's answer. One that has come meanwhile counts: then nothing is withdrawn. `unasked`: the
 * turn was never begun.
 */
export function withdrawSupplierOrder(database: Database, turn: Turn): Promise<TurnStanding | { outcome: 'unasked' }> {
  return inTransaction(database, async (tx) => {
    await tx.query('select from replenishments where id = $1 for update', [turn.replenishmentId])
    await tx.query(
      `update supplier_orders set status = 'withdrawn', answered_at = now()
        where replenishment_id = $1 and turn = $2 and status = 'asked'`,
      [turn.replenishmentId, turn.turn],
    )
    return (await findTurn(tx, turn)) ?? { outcome: 'unasked' }
  })
}

/**
 * Withdrawn orders whose suppliers have not heard of it, of one replenishment or of all. In no order, so that a supplier
 * who is away for long does not stand before the others.
 */
export async function listUntold(
  db: Db,
  { replenishmentId, limit }: { replenishmentId: string | undefined; limit: number },
): Promise<(Turn & { supplierId: string; supplierName: string })[]> {
  const { rows } = await db.query<Turn & { supplierId: string; supplierName: string }>(
    `select o.replenishment_id as "replenishmentId", o.turn, o.supplier_id as "supplierId", s.name as "supplierName"
       from supplier_orders o join suppliers s on s.id = o.supplier_id
      where o.status = 'withdrawn' and o.told_at is null and ($1::text is null or o.replenishment_id = $1)
      order by random() limit $2`,
    [replenishmentId ?? null, limit],
  )
  return rows
}

export async function recordTold(db: Db, { replenishmentId, turn }: Turn): Promise<void> {
  await db.query(
    `update supplier_orders set told_at = now() where replenishment_id = $1 and turn = $2 and told_at is null`,
    [replenishmentId, turn],
  )
}
