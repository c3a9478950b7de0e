import type { SupplierOrderStatus } from '../../domain/replenishment.ts'
import { type Database, type Db, inTransaction } from '../database.ts'
import { findStanding, type Standing } from '../replenishments/open.ts'

/** What a supplier is to be asked for, on the terms of the moment at which it was chosen. */
export type SupplierOrder = {
  replenishmentId: string
  turn: number
  supplierId: string
  supplierName: string
  supplierSku: string
  quantity: number
  unitCostMinor: number
  currency: string
  leadTimeDays: number
  status: SupplierOrderStatus
}

export type Turn = { replenishmentId: string; turn: number }

/** How one turn of a replenishment stands, and what of it no supplier has promised yet. */
export type TurnStanding = Standing & {
  outcome: SupplierOrderStatus
  supplierName: string
  confirmed: number
  unplaced: number
  /** From the answer to the day on which the units are expected. */
  deliveryMs: number
}

/** `over`: the replenishment is; `nobody`: of its suppliers none is left that was not asked. */
export type ChoiceOutcome =
  | ({ outcome: 'chosen' } & SupplierOrder)
  | { outcome: 'over' }
  | { outcome: 'nobody'; unplaced: number; askedBefore: number }

const orderColumns = `o.replenishment_id as "replenishmentId", o.turn, o.supplier_id as "supplierId", s.name as "supplierName",
  o.supplier_sku as "supplierSku", o.quantity, o.unit_cost_minor as "unitCostMinor", o.currency,
  o.lead_time_days as "leadTimeDays", o.status`

/** Units that neither came nor are promised. `r` is the replenishment. */
const unplaced = `greatest(0, r.quantity - greatest(r.received,
  (select coalesce(sum(o.confirmed_quantity), 0) from supplier_orders o
    where o.replenishment_id = r.id and o.status = 'confirmed')))::int`

/**
 * Whose turn it is: the preferred supplier that this replenishment has not asked yet, for what nobody has promised. One
 * turn is one supplier, however often it is asked for.
 */
export function chooseSupplier(database: Database, { replenishmentId, turn }: Turn): Promise<ChoiceOutcome> {
  return inTransaction(database, async (tx) => {
    const { rows } = await tx.query<{ isOpen: boolean; unplaced: number; askedBefore: number }>(
      `select r.status not in ('received', 'cancelled') as "isOpen", ${unplaced} as unplaced,
              (select count(*) from supplier_orders o where o.replenishment_id = r.id)::int as "askedBefore"
         from replenishments r where r.id = $1 for update`,
      [replenishmentId],
    )
    const replenishment = rows[0]
    if (!replenishment?.isOpen) return { outcome: 'over' }
    const earlier = await findSupplierOrder(tx, { replenishmentId, turn })
    if (earlier) return { outcome: 'chosen', ...earlier }
    const nobody = { outcome: 'nobody', ...replenishment } as const
    if (replenishment.unplaced === 0) return nobody
    await tx.query(
      `insert into supplier_orders
              (replenishment_id, turn, supplier_id, supplier_sku, lead_time_days, unit_cost_minor, currency, quantity)
       select r.id, $2, p.supplier_id, p.supplier_sku, p.lead_time_days, p.unit_cost_minor, p.currency, $3
         from replenishments r join product_suppliers p on p.product_id = r.product_id
        where r.id = $1
          and not exists (select from supplier_orders o where o.replenishment_id = r.id and o.supplier_id = p.supplier_id)
        order by p.preference limit 1`,
      [replenishmentId, turn, replenishment.unplaced],
    )
    const chosen = await findSupplierOrder(tx, { replenishmentId, turn })
    return chosen ? { outcome: 'chosen', ...chosen } : nobody
  })
}

export type SupplierWord =
  | { status: 'confirmed'; quantity: number; expectedAt: Date | undefined }
  | { status: 'refused'; reason: string }

/**
 * Takes a supplier at its word, if it is still asked: what was withdrawn or has been answered stays as it is. The first
 * promise makes the replenishment a confirmed one.
 */
export function recordSupplierWord(database: Database, turn: Turn, word: SupplierWord): Promise<TurnStanding> {
  return inTransaction(database, async (tx) => {
    await tx.query('select from replenishments where id = $1 for update', [turn.replenishmentId])
    if (word.status === 'confirmed')
      await tx.query(
        `with promised as (
           update supplier_orders
              set status = 'confirmed', confirmed_quantity = least(quantity, $3), answered_at = now(),
                  expected_at = coalesce($4, now() + lead_time_days * interval '1 day')
            where replenishment_id = $1 and turn = $2 and status = 'asked'
           returning replenishment_id
         )
         update replenishments r set status = 'confirmed', updated_at = now()
           from promised where r.id = promised.replenishment_id and r.status = 'ordered'`,
        [turn.replenishmentId, turn.turn, word.quantity, word.expectedAt ?? null],
      )
    else
      await tx.query(
        `update supplier_orders set status = 'refused', refusal = $3, answered_at = now()
          where replenishment_id = $1 and turn = $2 and status = 'asked'`,
        [turn.replenishmentId, turn.turn, word.reason],
      )
    const standing = await findTurn(tx, turn)
    if (!standing) throw new Error(`${turn.replenishmentId} has asked nobody in turn ${turn.turn}`)
    return standing
  })
}

export async function findTurn(db: Db, { replenishmentId, turn }: Turn): Promise<TurnStanding | undefined> {
  const { rows } = await db.query<Omit<TurnStanding, keyof Standing>>(
    `select o.status as outcome, s.name as "supplierName", o.confirmed_quantity as confirmed, ${unplaced} as unplaced,
            greatest(0, coalesce(extract(epoch from o.expected_at - o.answered_at) * 1000, 0))::bigint as "deliveryMs"
       from supplier_orders o join suppliers s on s.id = o.supplier_id join replenishments r on r.id = o.replenishment_id
      where o.replenishment_id = $1 and o.turn = $2`,
    [replenishmentId, turn],
  )
  const standing = await findStanding(db, replenishmentId)
  return rows[0] && standing && { ...rows[0], ...standing }
}

/** Those who have not answered, or those who have promised units, of one replenishment. */
export async function listAsked(
  db: Db,
  { replenishmentId, status }: { replenishmentId: string; status: 'asked' | 'confirmed' },
): Promise<SupplierOrder[]> {
  const { rows } = await db.query<SupplierOrder>(
    `select ${orderColumns} from supplier_orders o join suppliers s on s.id = o.supplier_id
      where o.replenishment_id = $1 and o.status = $2 order by o.turn`,
    [replenishmentId, status],
  )
  return rows
}

/** That a supplier was reminded for the nth time. */
export async function recordReminder(db: Db, { replenishmentId, turn }: Turn, reminder: number): Promise<void> {
  await db.query(
    `update supplier_orders set reminders = greatest(reminders, $3) where replenishment_id = $1 and turn = $2`,
    [replenishmentId, turn, reminder],
  )
}

async function findSupplierOrder(db: Db, { replenishmentId, turn }: Turn): Promise<SupplierOrder | undefined> {
  const { rows } = await db.query<SupplierOrder>(
    `select ${orderColumns} from supplier_orders o join suppliers s on s.id = o.supplier_id
      where o.replenishment_id = $1 and o.turn = $2`,
    [replenishmentId, turn],
  )
  return rows[0]
}
