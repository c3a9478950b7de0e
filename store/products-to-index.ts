import { attributeValues } from '../domain/product-search.ts'
import type { Db } from './database.ts'
import type { IndexWrite } from './search-index.ts'
import { facetOf } from './search/questions.ts'

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
  popularity: number
  rating: number | null
  rating_count: number
  in_stock: boolean
  created_at: Date
}

const FORGOTTEN_AT_ONCE = 5_000

/** The next products whose present version the index has not seen. */
export async function listProductsToIndex(db: Db, limit: number): Promise<IndexWrite[]> {
  const { rows } = await db.query<Row>({
    name: 'list-products-to-index',
    text: `select products.id, version, status, sku, name, description, category, attributes, price_minor, popularity, rating,
                  rating_count, stock.on_hand > stock.reserved as in_stock, products.created_at
             from products join stock on product_id = products.id
            where version > indexed_version order by products.id limit $1`,
    values: [limit],
  })
  return rows.map(({ id, version, status, attributes, created_at, ...product }) => {
    if (status !== 'active') return { id, version }
    const values = attributeValues(attributes)
    const words = { attributes: values.map(({ value }) => value).join(' '), facets: values.map(facetOf) }
    // Unknown comes after the worst, as a number that a cursor can hold.
    const rating = product.rating ?? 0
    return { id, version, product: { ...product, ...words, rating, created_at: created_at.toISOString() } }
  })
}

/**
 * Notes what the index has seen, and that it answers differently from now on, unless another one has taken its place
 * meanwhile; tells whether it did. A product that changed meanwhile stays due, because its version went on.
 */
export async function markIndexed(
  db: Db,
  identity: string,
  written: readonly { id: string; version: number }[],
): Promise<boolean> {
  const { rows } = await db.query<{ is_current: boolean }>(
    `with current as materialized (
       select from search_index where identity = $1 and is_ready for share   -- waits for whoever is replacing it
     ), marked as (
       update products set indexed_version = seen.version
         from unnest($2::text[], $3::bigint[]) as seen (id, version)
        where products.id = seen.id and indexed_version < seen.version and exists (select from current)
     ), renewed as (
       update search_editions set edition = gen_random_uuid(), updated_at = now() where exists (select from current)
     )
     select exists (select from current) as is_current`,
    [identity, written.map(({ id }) => id), written.map(({ version }) => version)],
  )
  return rows[0]?.is_current ?? false
}

/**
 * Makes the books speak of this index: if they spoke of another, every product is due. False when they speak of one that
 * a newer version of the shop has made. Stopped anywhere, the next call goes on.
 */
export async function takeUpIndex(
  db: Db,
  index: { identity: string; generation: number },
  onBatch: () => void,
): Promise<boolean> {
  const { identity, generation } = index
  const { rows } = await db.query<{ generation: number; isReady: boolean }>(
    `select generation, identity is not distinct from $1 and is_ready as "isReady" from search_index`,
    [identity],
  )
  if (!rows[0] || rows[0].generation > generation) return false
  if (rows[0].isReady) return true
  const { rowCount } = await db.query(
    'update search_index set identity = $1, generation = $2, is_ready = false where generation <= $2',
    [identity, generation],
  )
  if (rowCount === 0) return false
  await forgetIndexed(db, undefined, onBatch)
  await db.query('update search_index set is_ready = true where identity = $1', [identity])
  return true
}

/** What was found until now is of another index. */
export async function renewEdition(db: Db): Promise<void> {
  await db.query('update search_editions set edition = gen_random_uuid(), updated_at = now()')
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
export async function forgetIndexed(db: Db, productIds?: readonly string[], onBatch?: () => void): Promise<void> {
  let after: string | null = ''
  while (after !== null) {
    const { rows }: { rows: { last: string | null }[] } = await db.query(
      `with batch as materialized (
         select id from products where id > $1 and ($2::text[] is null or id = any($2)) order by id limit $3
       ), forgotten as (
         update products set indexed_version = 0 from batch where products.id = batch.id and indexed_version > 0
       )
       select max(id) as last from batch`,
      [after, productIds ?? null, FORGOTTEN_AT_ONCE],
    )
    after = rows[0]?.last ?? null
    onBatch?.()
  }
}
