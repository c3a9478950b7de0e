import { type Database, inTransaction } from './database.ts'

/** Shorter than the silence after which the activity around it is taken for dead. */
const COUNT_TIMEOUT_MS = 20_000

/**
 * Counts anew, at most once an hour, how many units of each product people bought in the last 90 days. One process counts
 * at a time; the steps grow with the number (5 % each), so a product moves when its place may.
 */
export async function refreshPopularity(database: Database): Promise<number> {
  return inTransaction(database, async (tx) => {
    const { rowCount: due } = await tx.query(
      `update search_index set popularity_at = now()
        where is_the_one in (select is_the_one from search_index where popularity_at < now() - interval '1 hour' for update skip locked)`,
    )
    if (due === 0) return 0
    await tx.query(`set local statement_timeout = ${COUNT_TIMEOUT_MS}`)
    const { rowCount } = await tx.query({
      text: `with sold as (
               select product_id, floor(20 * ln(1 + sum(quantity)))::integer as popularity
                 from order_items join orders on orders.id = order_items.order_id
                where orders.created_at > now() - interval '90 days' and orders.status in ('paid', 'shipped', 'delivered')
                group by product_id
             )
             update products set popularity = coalesce(sold.popularity, 0), version = products.version + 1
               from products as before left join sold on sold.product_id = before.id
              where products.id = before.id and before.popularity <> coalesce(sold.popularity, 0)`,
      query_timeout: COUNT_TIMEOUT_MS,
    } as { text: string })
    return rowCount ?? 0
  })
}
