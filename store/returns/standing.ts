import type { ReturnStatus } from '../../domain/return.ts'
import type { Db } from '../database.ts'

/** Where a return stands, as its workflow goes by it. */
export type ReturnStanding = {
  status: ReturnStatus
  /** What the units cost that are to come back. */
  valueMinor: number
  decidedBy: string | null
  receiveUntilMs: number | null
}

export async function findReturnStanding(db: Db, returnId: string): Promise<ReturnStanding | undefined> {
  const { rows } = await db.query<ReturnStanding>(
    `select r.status, r.decided_by as "decidedBy", extract(epoch from r.receive_until)::float8 * 1000 as "receiveUntilMs",
            (select sum(l.quantity * i.unit_price_minor)::bigint
               from return_lines l join order_items i on i.order_id = r.order_id and i.product_id = l.product_id
              where l.return_id = r.id) as "valueMinor"
       from returns r where r.id = $1`,
    [returnId],
  )
  return rows[0]
}

export async function getReturnStanding(db: Db, returnId: string): Promise<ReturnStanding> {
  const standing = await findReturnStanding(db, returnId)
  if (!standing) throw new Error(`There is no return ${returnId}`)
  return standing
}

/** Begins a statement about the return $1: as with refunds, the payment of its order is locked first, then the return. */
export const turnOfReturn = `turn as materialized (
       select r.id from payments p join returns r on r.order_id = p.order_id where r.id = $1 for update of p
     ), was as materialized (
       select r.id, r.order_id, r.status from returns r join turn using (id) for update of r
     )`
