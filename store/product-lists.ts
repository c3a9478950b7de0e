import type { Db } from './database.ts'
import { type Product, type ProductStatus, productColumns } from './products.ts'

export const productSorts = ['newest', 'price', '-price', 'name'] as const
export type ProductSort = (typeof productSorts)[number]

/** Where the last page ended: the sorted value and the id of its last product. */
export type ProductPosition = { key: string | number; id: string }

export type ProductQuery = {
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
  const { rows } = await db.query<Product>(
    `select ${productColumns} from products join stock on product_id = products.id
      where status = $1 and ($2::text is null or category = $2) ${query.after ? `and ${order.after}` : ''}
      order by ${order.by} limit $3`,
    [query.status, query.category ?? null, query.limit + 1, ...(query.after ? [query.after.key, query.after.id] : [])],
  )
  const products = rows.slice(0, query.limit)
  const last = products.at(-1)
  return { products, next: rows.length > query.limit && last ? { key: order.key(last), id: last.id } : undefined }
}

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
