import type { ReplenishmentStatus } from '../../domain/replenishment.ts'
import { type Database, type Db, inTransaction } from '../database.ts'
import { findRefusal, refuseForGood } from '../refused-requests.ts'

export type ReplenishmentRequest = {
  replenishmentId: string
  productId: string
  quantity: number
  requestedBy: string
}

export type Standing = { status: ReplenishmentStatus; quantity: number; received: number }

type Refused = { outcome: 'refused'; problem: 'product_not_found' | 'replenishment_open'; detail: string }

export type OpenOutcome = ({ outcome: 'open' } & Standing) | Refused

/** Opens a replenishment, or says what is in its way. Repeated, it tells where the replenishment stands, or the same. */
export function openReplenishment(database: Database, request: ReplenishmentRequest): Promise<OpenOutcome> {
  const { replenishmentId, productId, quantity, requestedBy } = request
  return inTransaction(database, async (tx) => {
    // Whoever replenishes the same product waits for the one before.
    const { rowCount } = await tx.query(
      `select from stock k join products p on p.id = k.product_id where k.product_id = $1 and p.status <> 'deleted'
          for update of k`,
      [productId],
    )
    const earlier = await findStanding(tx, replenishmentId)
    if (earlier) return { outcome: 'open', ...earlier }
    const refused = await findRefusal<Refused>(tx, replenishmentId)
    if (refused) return refused
    const refuse = (problem: Refused['problem'], detail: string) =>
      refuseForGood<Refused>(tx, replenishmentId, { outcome: 'refused', problem, detail })
    if (rowCount === 0) return refuse('product_not_found', `There is no ${productId}`)
    const { rows } = await tx.query<{ id: string }>(
      `select id from replenishments where product_id = $1 and status not in ('received', 'cancelled')`,
      [productId],
    )
    if (rows[0]) return refuse('replenishment_open', `${rows[0].id} is open`)
    await tx.query(`insert into replenishments (id, product_id, quantity, requested_by) values ($1, $2, $3, $4)`, [
      replenishmentId,
      productId,
      quantity,
      requestedBy,
    ])
    return { outcome: 'open', status: 'draft', quantity, received: 0 }
  })
}

/** The units are on order: from now on they are incoming. Repeating it changes nothing. */
export async function orderReplenishment(db: Db, { replenishmentId }: { replenishmentId: string }): Promise<Standing> {
  await db.query(
    `with ordered as (
       update replenishments set status = 'ordered', ordered_at = now(), updated_at = now()
        where id = $1 and status = 'draft'
       returning product_id, quantity
     )
     update stock k set incoming = k.incoming + o.quantity, updated_at = now()
       from ordered o where k.product_id = o.product_id
     returning pg_notify('outcomes', $1)`,
    [replenishmentId],
  )
  return getStanding(db, replenishmentId)
}

export async function getStanding(db: Db, replenishmentId: string): Promise<Standing> {
  const standing = await findStanding(db, replenishmentId)
  if (!standing) throw new Error(`There is no replenishment ${replenishmentId}`)
  return standing
}

export async function findStanding(db: Db, replenishmentId: string): Promise<Standing | undefined> {
  const { rows } = await db.query<Standing>('select status, quantity, received from replenishments where id = $1', [
    replenishmentId,
  ])
  return rows[0]
}
