import type { Db } from '../database.ts'

export type Dispute = { orderId: string; amountMinor: number }

/**
 * The customer's bank took the money back for now. The order stands, and a person must look at it. `settled`: the notice of
 * its end overtook this one, and there is nothing to look at any more.
 */
export async function recordDispute(db: Db, { orderId, amountMinor }: Dispute): Promise<'open' | 'settled'> {
  await db.query(
    `with disputed as (
       update payments set disputed_minor = $2, updated_at = now()
        where order_id = $1 and disputed_minor <> $2 and dispute_outcome is null
       returning order_id
     ), flagged as (
       update orders o set needs_attention = 'payment disputed', updated_at = now()
         from disputed where o.id = disputed.order_id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'payment disputed', 'gateway', jsonb_build_object('amount', $2::bigint) from disputed`,
    [orderId, amountMinor],
  )
  const { rowCount } = await db.query('select from payments where order_id = $1 and dispute_outcome is not null', [
    orderId,
  ])
  return rowCount === 0 ? 'open' : 'settled'
}

export type DisputeEnd = Dispute & { outcome: 'won' | 'lost' }

/**
 * The bank's last word. Won, the money is the shop's again and can be refunded; lost, it is gone. A person is called to
 * what was lost, and to what was won for an order that is cancelled: it is owed to its customer. The first word stands
 * and is answered, with what the order calls a person for now.
 */
export async function recordDisputeEnd(
  db: Db,
  { orderId, outcome, amountMinor }: DisputeEnd,
): Promise<{ outcome: 'won' | 'lost'; needsAttention: string | null }> {
  await db.query(
    `with ended as (
       update payments set dispute_outcome = $2, disputed_minor = case $2 when 'lost' then $3::bigint else 0 end, updated_at = now()
        where order_id = $1 and dispute_outcome is null
       returning order_id, captured_minor > refunded_minor as is_kept
     ), told as (
       update orders o set needs_attention = case when $2 = 'lost' then 'payment dispute lost'
                                                  when o.status = 'cancelled' and is_kept then 'payment dispute won: refund the cancelled order'
                                                  when o.needs_attention <> 'payment disputed' then o.needs_attention end,
                           updated_at = now()
         from ended where o.id = ended.order_id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'payment dispute ' || $2, 'gateway', jsonb_build_object('amount', $3::bigint) from ended`,
    [orderId, outcome, amountMinor],
  )
  const { rows } = await db.query<{ outcome: 'won' | 'lost'; needsAttention: string | null }>(
    `select p.dispute_outcome as outcome, o.needs_attention as "needsAttention"
       from orders o join payments p on p.order_id = o.id where o.id = $1`,
    [orderId],
  )
  if (!rows[0]) throw new Error(`The order ${orderId} is not there`)
  return rows[0]
}
