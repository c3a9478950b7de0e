import { type Database, type Db, inTransaction } from './database.ts'

/** A product as a file tells it; what it does not tell stays as it is, or begins as a new product's does. */
export type ImportedProduct = {
  /** For a product whose SKU is new. */
  id: string
  sku: string
  name: string
  priceMinor: number
  currency: string
  category: string
  description: string | undefined
  attributes: Record<string, unknown> | undefined
  status: 'active' | 'inactive' | undefined
  onHand: number
  reorderPoint: number | undefined
  reorderQuantity: number | undefined
}

export type ImportCounts = { created: number; changed: number; unchanged: number; refused: number }
export type ImportState = ImportCounts & { lastLine: number; finishedAt: Date | null }

/** Rows up to `lastLine` of the file, of which `refused` were bad and come with no product. */
export type ImportBatch = { products: readonly ImportedProduct[]; refused: number; fromLine: number; lastLine: number }

const columns = `last_line as "lastLine", created, changed, unchanged, refused, finished_at as "finishedAt"`

/** How far the file with this content was taken before, or a beginning; `again` begins anew with one that was finished. */
export async function openImport(db: Db, contentHash: string, again: boolean): Promise<ImportState> {
  const { rows } = await db.query<ImportState>(
    `insert into catalogue_imports as before (content_hash) values ($1)
     on conflict (content_hash) do update set
       last_line = case when $2 then 0 else before.last_line end, created = case when $2 then 0 else before.created end,
       changed = case when $2 then 0 else before.changed end, unchanged = case when $2 then 0 else before.unchanged end,
       refused = case when $2 then 0 else before.refused end, finished_at = case when $2 then null else before.finished_at end
     returning ${columns}`,
    [contentHash, again],
  )
  return rows[0] as ImportState
}

export async function finishImport(db: Db, contentHash: string): Promise<void> {
  await db.query('update catalogue_imports set finished_at = now(), updated_at = now() where content_hash = $1', [
    contentHash,
  ])
}

/**
 * Takes the rows into the catalogue and notes how far the file was read: both or neither. Undefined when another import
 * has taken the file further meanwhile.
 */
export async function importBatch(
  database: Database,
  contentHash: string,
  { products, refused, fromLine, lastLine }: ImportBatch,
): Promise<ImportState | undefined> {
  return inTransaction(database, async (tx) => {
    const { rowCount } = await tx.query(
      'select from catalogue_imports where content_hash = $1 and last_line = $2 for update',
      [contentHash, fromLine],
    )
    if (rowCount === 0) return undefined
    const { created, changed, unchanged } = await upsertProducts(tx, products)
    const { rows } = await tx.query<ImportState>(
      `update catalogue_imports
          set last_line = $2, created = created + $3, changed = changed + $4, unchanged = unchanged + $5,
              refused = refused + $6, updated_at = now()
        where content_hash = $1 returning ${columns}`,
      [contentHash, lastLine, created, changed, unchanged, refused],
    )
    return rows[0]
  })
}

/**
 * One statement: a product of that SKU is changed and its version raised, if anything is different; a new one is listed with
 * its stock row and its opening stock in the ledger. The stock of a product that is there is never touched.
 */
async function upsertProducts(db: Db, products: readonly ImportedProduct[]): Promise<Omit<ImportCounts, 'refused'>> {
  const { rows } = await db.query<{ created: number; changed: number }>({
    name: 'import-products',
    text: `with given as materialized (
       select * from jsonb_to_recordset($1) as p (id text, sku text, name text, description text, "priceMinor" bigint,
         currency text, category text, attributes jsonb, status text, "onHand" integer, "reorderPoint" integer,
         "reorderQuantity" integer)
     ), changed as (
       update products
          set name = given.name, price_minor = given."priceMinor", currency = given.currency, category = given.category,
              description = coalesce(given.description, products.description),
              attributes = coalesce(given.attributes, products.attributes),
              status = coalesce(given.status, products.status), version = version + 1, updated_at = now()
         from given
        where products.sku = given.sku and products.status <> 'deleted'
          and (products.name, price_minor, products.currency, products.category, products.description, products.attributes,
               products.status)
              is distinct from
              (given.name, given."priceMinor", given.currency, given.category, coalesce(given.description, products.description),
               coalesce(given.attributes, products.attributes), coalesce(given.status, products.status))
       returning products.sku
     ), listed as (
       insert into products (id, sku, name, description, price_minor, currency, category, attributes, status)
       select id, sku, name, coalesce(description, ''), "priceMinor", currency, category, coalesce(attributes, '{}'),
              coalesce(status, 'active')
         from given
        where not exists (select from products there where there.sku = given.sku and there.status <> 'deleted')
       on conflict (sku) where status <> 'deleted' do nothing   -- somebody listed it at this very moment
       returning id
     ), shelved as (
       insert into stock (product_id, on_hand, reorder_point, reorder_quantity)
       select id, "onHand", coalesce("reorderPoint", 0), coalesce("reorderQuantity", 0) from given join listed using (id)
     ), booked as (
       insert into inventory_records (product_id, change_quantity, change_type, reason, source)
       select id, "onHand", 'in', 'opening stock', 'opening' from given join listed using (id) where "onHand" > 0
     )
     select (select count(*) from listed) as created, (select count(*) from changed) as changed`,
    values: [JSON.stringify(products)],
  })
  const { created, changed } = rows[0] ?? { created: 0, changed: 0 }
  return { created, changed, unchanged: products.length - created - changed }
}
