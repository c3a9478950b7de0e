import { returnRefundIdOf } from '../../domain/ids.ts'
import { type Database, type Db, inTransaction } from '../database.ts'
import { forgetRefusal } from '../refused-requests.ts'
import { getReturnStanding, type ReturnStanding, turnOfReturn } from './standing.ts'

/**
 * Names what is to go back for what has come: what was paid for it, and no more than the customer does not have back
 * already. Named anew until its refund has laid claim to it. Money that is claimed or disputed counts as owed: the refund
 * is refused while that lasts.
 */
export function oweReturn(database: Database, { returnId }: { returnId: string }): Promise<{ amountMinor: number }> {
  return inTransaction(database, async (tx) => {
    await tx.query(`with ${turnOfReturn} select from was`, [returnId])
    // Its refund keeps its id through every retry of the return.
    await forgetRefusal(tx, returnRefundIdOf(returnId))
    const { rows } = await tx.query<{ amountMinor: number }>(
      `update returns r
          set refund_minor = coalesce(
                (select f.amount_minor from refunds f where f.id = $2),
                least(p.captured_minor - p.refunded_minor,
                      (select sum(l.received * i.unit_price_minor)::bigint
                         from return_lines l join order_items i on i.order_id = r.order_id and i.product_id = l.product_id
                        where l.return_id = r.id)))
         from payments p where r.id = $1 and p.order_id = r.order_id and r.status in ('received', 'refunded')
       returning r.refund_minor as "amountMinor"`,
      [returnId, returnRefundIdOf(returnId)],
    )
    if (!rows[0]) throw new Error(`The return ${returnId} has not been received`)
    return rows[0]
  })
}

/** The money for it has gone back, or there was none left to give. Repeating it changes nothing. */
export async function settleReturn(db: Db, { returnId }: { returnId: string }): Promise<ReturnStanding> {
  await db.query(
    `with ${turnOfReturn}, settled as (
       update returns r set status = 'refunded', needs_attention = null, updated_at = now()
         from was
        where r.id = was.id and was.status = 'received'
          and (r.refund_minor = 0 or exists (
                 select from refunds f where f.id = $2 and f.status = 'succeeded' and f.amount_minor = r.refund_minor))
       returning r.id, r.order_id, r.refund_minor
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'return refunded', 'shop', jsonb_build_object('return_id', id, 'amount', refund_minor) from settled`,
    [returnId, returnRefundIdOf(returnId)],
  )
  const standing = await getReturnStanding(db, returnId)
  if (standing.status !== 'refunded') throw new Error(`The money for ${returnId} has not gone back`)
  return standing
}
