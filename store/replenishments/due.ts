import type { Db } from '../database.ts'

export type Due = { productId: string; quantity: number }

/** What somebody cancelled, the shop does not order again by itself for this long. */
const pauseAfterCancellation = '1 day'

/** Products whose shelf is at or below its reorder point and that nobody replenishes, in the order of their ids. */
export async function listDue(db: Db, { after, limit }: { after: string; limit: number }): Promise<Due[]> {
  const { rows } = await db.query<Due>(
    `select k.product_id as "productId", k.reorder_quantity as quantity
       from stock k join products p on p.id = k.product_id
      where k.reorder_quantity > 0 and k.on_hand - k.reserved <= k.reorder_point and p.status = 'active' and k.product_id > $1
        and not exists (select from replenishments r where r.product_id = k.product_id
                           and (r.status not in ('received', 'cancelled')
                                or r.status = 'cancelled' and r.updated_at > now() - interval '${pauseAfterCancellation}'))
      order by k.product_id limit $2`,
    [after, limit],
  )
  return rows
}
