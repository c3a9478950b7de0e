import type { Db } from './database.ts'

/** What to show beside a product, dearest advice first. Anything that knows better can take its place. */
export type FindRelated = (productId: string, limit: number) => Promise<string[]>

/** How many of a product's latest orders are looked through: enough to tell, and the same however much was sold. */
const LATEST_ORDERS = 200

/** What was bought together with a product most often of late, then what costs about the same in its category. */
export async function findRelatedProducts(db: Db, productId: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'find-related-products',
    text: `with shown as (
             select id, category, price_minor from products where id = $1
           ), latest as (
             select order_id from order_items where product_id = $1 order by order_id desc limit ${LATEST_ORDERS}
           ), together as (
             select product_id as id, count(*) as times from order_items
              where order_id in (select order_id from latest) and product_id <> $1 group by product_id
           ), alike as (
             select p.id, abs(p.price_minor - shown.price_minor) as apart from products p join shown using (category)
              where p.status = 'active' and p.id <> $1 order by 2, 1 limit $2
           )
           select id from together full join alike using (id) join products using (id)
            where status = 'active' order by times desc nulls last, apart, id limit $2`,
    values: [productId, limit],
  })
  return rows.map(({ id }) => id)
}
