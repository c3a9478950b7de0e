import { type Database, inTransaction } from '../database.ts'
import { MAX_ON_HAND } from '../inventory.ts'
import { getStanding, type Standing } from './open.ts'

export type Receipt = { replenishmentId: string; receiptId: string; quantity: number; by: string }

export type ReceiveOutcome =
  | ({ outcome: 'received' } & Standing)
  | { outcome: 'refused'; problem: 'over_receipt' | 'invalid_transition' | 'invalid_request'; detail: string }

/**
 * Counts a delivery in: onto the shelf, into the ledger, and off what is incoming; or refuses and changes nothing. One
 * receipt id is counted once.
 */
export function receiveUnits(database: Database, receipt: Receipt): Promise<ReceiveOutcome> {
  const { replenishmentId, receiptId, quantity, by } = receipt
  return inTransaction(database, async (tx) => {
    await tx.query('select from replenishments where id = $1 for update', [replenishmentId])
    const { rowCount: counted } = await tx.query('select from replenishment_receipts where id = $1', [receiptId])
    const standing = await getStanding(tx, replenishmentId)
    if (counted === 1) return { outcome: 'received', ...standing }
    if (standing.status === 'draft' || standing.status === 'cancelled')
      return refused('invalid_transition', `The replenishment is ${standing.status}`)
    const left = standing.quantity - standing.received
    if (quantity > left) return refused('over_receipt', `${left} of ${standing.quantity} units are still to come`)
    const { rowCount: shelved } = await tx.query(
      `with wanted as (
         select product_id from replenishments where id = $1
       ), shelved as (
         update stock k set on_hand = k.on_hand + $3, incoming = k.incoming - $3, updated_at = now()
           from wanted w where k.product_id = w.product_id and k.on_hand + $3 <= ${MAX_ON_HAND}
         returning k.product_id
       ), ledger as (
         insert into inventory_records (product_id, change_quantity, change_type, reason, source)
         select product_id, $3, 'in', 'received', $2 from shelved
       ), receipt as (
         insert into replenishment_receipts (id, replenishment_id, quantity, received_by)
         select $2, $1, $3, $4 from shelved
       ), unanswered as (
         -- All have come: a supplier that has not answered is not waited for.
         update supplier_orders o set status = 'withdrawn', answered_at = now()
           from shelved where o.replenishment_id = $1 and o.status = 'asked' and $5
       )
       update replenishments r
          set received = r.received + $3, updated_at = now(),
              status = case when r.received + $3 = r.quantity then 'received' else 'partially_received' end,
              needs_attention = case when r.received + $3 = r.quantity then null else r.needs_attention end
         from shelved where r.id = $1`,
      [replenishmentId, receiptId, quantity, by, quantity === left],
    )
    if (shelved === 0) return refused('invalid_request', `The shelf would hold more than ${MAX_ON_HAND}`)
    return { outcome: 'received', ...(await getStanding(tx, replenishmentId)) }
  })
}

const refused = (problem: (ReceiveOutcome & { outcome: 'refused' })['problem'], detail: string): ReceiveOutcome => ({
  outcome: 'refused',
  problem,
  detail,
})

/** What has not come is not waited for any more; what has come stays. Repeating it changes nothing. */
export function cancelReplenishment(
  database: Database,
  { replenishmentId, by, reason }: { replenishmentId: string; by: string; reason: string },
): Promise<Standing> {
  return inTransaction(database, async (tx) => {
    // A statement of its own: one that waited for its turn would not see the supplier that was chosen meanwhile.
    await tx.query('select from replenishments where id = $1 for update', [replenishmentId])
    await tx.query(
      `with open as (
         select id, product_id, quantity - received as missing, status from replenishments
          where id = $1 and status not in ('received', 'cancelled')
       ), cancelled as (
         update replenishments r set status = 'cancelled', cancelled_by = $2, cancel_reason = $3, needs_attention = null,
                                     updated_at = now()
           from open where r.id = open.id
       ), withdrawn as (
         update supplier_orders o set status = 'withdrawn', answered_at = now()
           from open where o.replenishment_id = open.id and o.status in ('asked', 'confirmed')
       )
       update stock k set incoming = k.incoming - open.missing, updated_at = now()
         from open where k.product_id = open.product_id and open.status <> 'draft'`,
      [replenishmentId, by, reason],
    )
    return getStanding(tx, replenishmentId)
  })
}
