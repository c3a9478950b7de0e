import type { Db } from '../database.ts'

export type StrayHold = { intentId: string; orderId: string; amountMinor: number; currency: string }

/** `ours`: the hold of this order's own payment, which was given up. `live`: of an order that still needs it. */
export type HoldOwner = 'ours' | 'live' | 'nobody'

export async function whoseHold(
  db: Db,
  { intentId, orderId }: { intentId: string; orderId: string },
): Promise<HoldOwner> {
  const { rows } = await db.query<{ status: string; isItsHold: boolean }>(
    `select o.status, coalesce(p.transaction_id = $2, true) as "isItsHold"
       from orders o join payments p on p.order_id = o.id where o.id = $1`,
    [orderId, intentId],
  )
  if (!rows[0]) return 'nobody'
  if (rows[0].status !== 'cancelled') return 'live'
  return rows[0].isItsHold ? 'ours' : 'nobody'
}

/** Written before the gateway is asked, so that a void whose answer is lost is known to be ours. */
export async function noteStrayHold(db: Db, { intentId, orderId, amountMinor, currency }: StrayHold): Promise<void> {
  await db.query(
    `insert into stray_holds (intent_id, order_id, amount_minor, currency) values ($1, $2, $3, $4) on conflict do nothing`,
    [intentId, orderId, amountMinor, currency],
  )
}

export async function noteStrayHoldLetGo(db: Db, intentId: string): Promise<void> {
  await db.query('update stray_holds set let_go_at = coalesce(let_go_at, now()) where intent_id = $1', [intentId])
}
