import type { Db } from './database.ts'
import type { IndexWrite } from './search-index.ts'

type Row = {
  id: string
  version: number
  status: string
  sku: string
  name: string
  description: string
  category: string
  attributes: Record<string, unknown>
  price_minor: number
  in_stock: boolean
  created_at: Date
}

/** The next products whose present version the index has not seen. */
export async function listProductsToIndex(db: Db, limit: number): Promise<IndexWrite[]> {
  const { rows } = await db.query<Row>({
    name: 'list-products-to-index',
    text: `select products.id, version, status, sku, name, description, category, attributes, price_minor,
                  stock.on_hand > stock.reserved as in_stock, products.created_at
             from products join stock on product_id = products.id
            where version > indexed_version order by products.id limit $1`,
    values: [limit],
  })
  return rows.map(({ id, version, status, attributes, created_at, ...product }) =>
    status === 'active'
      ? {
          id,
          version,
          product: { ...product, attributes: wordsIn(attributes), created_at: created_at.toISOString() },
        }
      : { id, version },
  )
}

/**
 * Notes what the index has seen, and that it answers differently from now on. A product that changed meanwhile stays due,
 * because its version went on.
 */
export async function markIndexed(db: Db, written: readonly { id: string; version: number }[]): Promise<void> {
  await db.query(
    `with seen_now as (
       update products set indexed_version = seen.version
         from unnest($1::text[], $2::bigint[]) as seen (id, version)
        where products.id = seen.id and indexed_version < seen.version
     )
     update search_editions set edition = gen_random_uuid(), updated_at = now()`,
    [written.map(({ id }) => id), written.map(({ version }) => version)],
  )
}

/**
 * The edition of the index, and whether it is behind the catalogue. What was found in an edition stays true of it; while the
 * index is behind, or away, nothing that was found is worth keeping.
 */
export async function findIndexEdition(db: Db): Promise<{ edition: string; isBehind: boolean }> {
  const { rows } = await db.query<{ edition: string; isBehind: boolean }>({
    name: 'find-index-edition',
    text: `select edition, exists (select from products where version > indexed_version) as "isBehind" from search_editions`,
  })
  return rows[0] as { edition: string; isBehind: boolean }
}

/** Makes every product due, for an index that starts empty; or these, for one that has them wrong. */
export async function forgetIndexed(db: Db, productIds?: readonly string[]): Promise<void> {
  await db.query(
    'update products set indexed_version = 0 where indexed_version > 0 and ($1::text[] is null or id = any($1))',
    [productIds ?? null],
  )
}

const wordsIn = (attributes: Record<string, unknown>): string =>
  Object.values(attributes)
    .flat()
    .filter((value) => typeof value === 'string')
    .join(' ')
