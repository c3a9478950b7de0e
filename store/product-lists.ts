import { inCategorySql } from './categories.ts'
import type { Db } from './database.ts'
import { type Product, type ProductStatus, productColumns } from './products.ts'

export const productSorts = ['newest', 'price', '-price', 'name'] as const
export type ProductSort = (typeof productSorts)[number]

/** Where the last page ended: the sorted value and the id of its last product. */
export type ProductPosition = { key: string | number; id: string }

export type ProductQuery = {
  /** This one and what is below it. */
  category?: string | undefined
  status: ProductStatus
  sort: ProductSort
  limit: number
  after?: ProductPosition | undefined
}

// Each order ends in the id, so that it is total and a page can begin exactly where the last one ended.
const orders: Record<ProductSort, { by: string; after: string; key: (product: Product) => string | number }> = {
  newest: { by: 'products.id desc', after: '(products.id, products.id) < ($4, $5)', key: ({ id }) => id },
  price: {
    by: 'price_minor, products.id',
    after: '(price_minor, products.id) > ($4, $5)',
    key: ({ priceMinor }) => priceMinor,
  },
  '-price': {
    by: 'price_minor desc, products.id desc',
    after: '(price_minor, products.id) < ($4, $5)',
    key: ({ priceMinor }) => priceMinor,
  },
  name: {
    by: 'lower(name), products.id',
    after: '(lower(name), products.id) > (lower($4), $5)',
    key: ({ name }) => name,
  },
}

/** One page of the catalogue; `next` is where the following one begins. */
export async function listProducts(
  db: Db,
  query: ProductQuery,
): Promise<{ products: Product[]; next: ProductPosition | undefined }> {
  const order = orders[query.sort]
  const after = query.after ? `and ${order.after}` : ''
  const category = query.category === undefined ? '$2::text is null' : inCategorySql('$2')
  const isWalk = query.category !== undefined && (query.sort === 'price' || query.sort === '-price')
  const { rows } = await db.query<Product>(
    isWalk
      ? walkOfCategory(order.by, after)
      : `select ${productColumns} from products join stock on product_id = products.id
          where status = $1 and ${category} ${after} order by ${order.by} limit $3`,
    [query.status, query.category ?? null, query.limit + 1, ...(query.after ? [query.after.key, query.after.id] : [])],
  )
  const products = rows.slice(0, query.limit)
  const last = products.at(-1)
  return { products, next: rows.length > query.limit && last ? { key: order.key(last), id: last.id } : undefined }
}

/**
 * By price in a category and below it, without looking at more than a page of each: one category after the other is found in
 * products_category_price, in each of them the index is in the right order, and the first of these are the first of all.
 */
const walkOfCategory = (by: string, after: string): string => `
with recursive listed as (
  (select category from products where status = $1 and category ~>=~ $2 and category ~<~ ($2 || '0')
    order by category using ~<~ limit 1)
  union all
  select next.category
    from listed cross join lateral (
      select category from products where status = $1 and category ~>~ listed.category and category ~<~ ($2 || '0')
       order by category using ~<~ limit 1) as next
), page as (
  select products.id
    from listed cross join lateral (
      select id, price_minor from products where status = $1 and category = listed.category ${after}
       order by ${by} limit $3) as products
   where listed.category = $2 or listed.category ~>=~ ($2 || '/')
   order by ${by} limit $3
)
select ${productColumns} from page join products using (id) join stock on product_id = products.id
 order by ${by}`

/** The products of a search's hits as they are now, in the order of the hits; what is no longer for sale is left out. */
export async function listActiveProducts(db: Db, ids: readonly string[]): Promise<Product[]> {
  const { rows } = await db.query<Product>({
    name: 'list-active-products',
    text: `select ${productColumns}
             from unnest($1::text[]) with ordinality as hit (id, place)
             join products on products.id = hit.id join stock on product_id = products.id
            where status = 'active' order by place`,
    values: [ids],
  })
  return rows
}
