import type { Db } from '../database.ts'
import { type Product, productColumns } from '../products.ts'

/** Why a product is recommended: by the product that speaks most for it, or if none does by the segment where it sells. */
export type RecommendationReason = { kind: 'product' | 'bought' | 'viewed' | 'popular'; because: string }

export type Recommendation = Product & RecommendationReason & { score: number }

type Question = { userId?: string | undefined; productId?: string | undefined; limit: number }

/**
 * One look at what was learnt. What the customer bought and looked at lately, or the product that is asked about, brings
 * its related products; the customer's segments bring what sells there, so that nobody is left without. Only what can be
 * bought now is shown, and nothing that was bought within thirty days or is asked about.
 */
export async function listRecommendations(db: Db, { userId, productId, limit }: Question): Promise<Recommendation[]> {
  const { rows } = await db.query<Recommendation>({
    name: 'list-recommendations',
    text: `
with model as materialized (
  select id from recommendation_models where is_served
), bought as materialized (
  select i.product_id, max(o.created_at) as at
    from (select id, created_at from orders where user_id = $1 and status <> 'cancelled' order by id desc limit 100) o
    join order_items i on i.order_id = o.id
   group by i.product_id
), viewed as (
  select product_id, viewed_at as at from product_views where user_id = $1 order by viewed_at desc limit 30
), evidence as materialized (
  select product_id, kind, power(0.9::float8, (row_number() over (order by at desc) - 1)::float8)
         * case kind when 'viewed' then 0.5 else 1 end as weight
    from (select product_id, 'bought' as kind, at from bought where $2::text is null
          union all
          select product_id, 'viewed', max(at) from viewed
           where $2::text is null and product_id not in (select product_id from bought) group by product_id
          union all
          select $2, 'product', now() where $2::text is not null) as known
   order by at desc limit 20
), segments as materialized (
  select 'all' as segment
  union all
  select unnest(recommendation_segments(u.profile) || recommendation_liked(u.preferences)) from users u where u.id = $1
), sums as (
  select product_id, sum(score) as score,
         (array_agg(kind order by kind = 'popular', score desc, source))[1] as kind,
         (array_agg(source order by kind = 'popular', score desc, source))[1] as source
    from (select r.product_id, e.kind, e.product_id as source, r.score * e.weight as score
            from evidence e join model on true
            join recommendation_related l on l.model_id = model.id and l.product_id = e.product_id,
                 unnest(l.product_ids, l.scores) as r (product_id, score)
          union all
          select r.product_id, 'popular', l.segment, r.score / (select count(*) from segments)
            from segments s join model on true
            join recommendation_popular l on l.model_id = model.id and l.segment = s.segment,
                 unnest(l.product_ids, l.scores) as r (product_id, score)) as said
   group by product_id
)
select ${productColumns}, sums.score, sums.kind, coalesce((select p.name from products p where p.id = sums.source), sums.source) as because
  from sums join products on products.id = sums.product_id join stock on stock.product_id = products.id
 where products.status = 'active' and stock.on_hand > stock.reserved
   and ($2::text is null or products.id <> $2)
   and not exists (select from bought b where b.product_id = products.id and b.at > now() - interval '30 days')
 order by sums.score desc, products.id limit $3`,
    values: [userId ?? null, productId ?? null, limit],
  })
  return rows
}

export type Selling = Product & { sold: number }

/** A shop that has learnt nothing yet shows what was sold most in its last orders, and then what is new. */
export async function listSelling(db: Db, { userId, productId, limit }: Question): Promise<Selling[]> {
  const { rows } = await db.query<Selling>({
    name: 'list-selling',
    text: `
with latest as (
  select i.product_id, count(*) as sold
    from (select id from orders where status <> 'cancelled' order by id desc limit 1000) o
    join order_items i on i.order_id = o.id
   group by i.product_id
)
select ${productColumns}, coalesce(latest.sold, 0) as sold
  from products join stock on stock.product_id = products.id left join latest on latest.product_id = products.id
 where products.status = 'active' and on_hand > reserved and ($2::text is null or products.id <> $2)
   and not exists (select from orders o join order_items i on i.order_id = o.id
                    where o.user_id = $1 and i.product_id = products.id and o.status <> 'cancelled'
                      and o.id > order_id_floor(now() - interval '30 days'))
 order by sold desc, products.id desc limit $3`,
    values: [userId ?? null, productId ?? null, limit],
  })
  return rows
}
