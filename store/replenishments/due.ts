import type { Demand } from '../../domain/reorder-quantity.ts'
import type { Db } from '../database.ts'

export type Due = Demand & { productId: string }

/** What somebody cancelled, the shop does not order again by itself for this long. */
const pauseAfterCancellation = '1 day'

/** So many days of sales say what will be sold; of a product that is younger, all of its days. */
const DAYS_OF_SALES = 28

/**
 * Products whose shelf is at or below its reorder point and that nobody replenishes, in the order of their ids, and what
 * says how much of each is wanted. What customers sent back was not sold.
 */
export async function listDue(db: Db, { after, limit }: { after: string; limit: number }): Promise<Due[]> {
  const { rows } = await db.query<Omit<Due, 'leadTimeDays'> & { leadTimeDays: number | null }>(
    `with due as (
       select k.product_id, k.reorder_quantity, k.reorder_mode, p.created_at
         from stock k join products p on p.id = k.product_id
        where k.reorder_quantity > 0 and k.on_hand - k.reserved <= k.reorder_point and p.status = 'active' and k.product_id > $1
          and not exists (select from replenishments r where r.product_id = k.product_id
                             and (r.status not in ('received', 'cancelled')
                                  or r.status = 'cancelled' and r.updated_at > now() - interval '${pauseAfterCancellation}'))
        order by k.product_id limit $2
     )
     select d.product_id as "productId", d.reorder_quantity as "reorderQuantity", d.reorder_mode as mode,
            (select s.lead_time_days from product_suppliers s where s.product_id = d.product_id
              order by s.preference limit 1) as "leadTimeDays",
            array(select greatest(0, coalesce(sold.units, 0))::int
                    from generate_series(0, least($3, greatest(1, floor(extract(epoch from now() - d.created_at) / 86400)))::int - 1) as day
                    left join (
                      select floor(extract(epoch from now() - i.created_at) / 86400)::int as day, -sum(i.change_quantity) as units
                        from inventory_records i
                       where i.product_id = d.product_id and i.order_id is not null
                         and i.created_at > now() - $3 * interval '1 day'
                       group by 1
                    ) sold using (day)
                   where d.reorder_mode = 'computed') as "dailySales"
       from due d order by d.product_id`,
    [after, limit, DAYS_OF_SALES],
  )
  return rows.map((row) => ({ ...row, leadTimeDays: row.leadTimeDays ?? undefined }))
}
