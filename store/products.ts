import { DatabaseError } from 'pg'
import { Problem } from '../domain/problems.ts'
import type { Db } from './database.ts'
import { inOrderOf } from './read-together.ts'

export type ProductStatus = 'active' | 'inactive' | 'deleted'

export type Product = {
  id: string
  sku: string
  name: string
  description: string
  priceMinor: number
  currency: string
  category: string
  attributes: Record<string, unknown>
  status: ProductStatus
  available: number
  createdAt: Date
  updatedAt: Date
}

export type NewProduct = {
  id: string
  sku: string
  name: string
  description: string
  priceMinor: number
  currency: string
  category: string
  attributes: Record<string, unknown>
  status?: 'active' | 'inactive'
  onHand: number
  reorderPoint?: number
  reorderQuantity?: number
}

export const productColumns = `products.id, sku, name, description, price_minor as "priceMinor", currency, category, attributes,
  status, stock.on_hand - stock.reserved as available,
  products.created_at as "createdAt", products.updated_at as "updatedAt"`

/**
 * Puts products into the catalogue, their opening stock onto the shelf and that into the ledger: all of them or, when a
 * SKU is in use, none. One statement, so that no product is ever without its stock row.
 */
export async function createProducts(db: Db, products: readonly NewProduct[]): Promise<void> {
  await refusingTakenSku(
    db.query(
      `with given as (
         select * from jsonb_to_recordset($1) as p (id text, sku text, name text, description text, "priceMinor" bigint,
           currency text, category text, attributes jsonb, status text, "onHand" integer, "reorderPoint" integer,
           "reorderQuantity" integer)
       ), listed as (
         insert into products (id, sku, name, description, price_minor, currency, category, attributes, status)
         select id, sku, name, description, "priceMinor", currency, category, attributes, coalesce(status, 'active') from given
       ), shelved as (
         insert into stock (product_id, on_hand, reorder_point, reorder_quantity)
         select id, "onHand", coalesce("reorderPoint", 0), coalesce("reorderQuantity", 0) from given
       )
       insert into inventory_records (product_id, change_quantity, change_type, reason, source)
       select id, "onHand", 'in', 'opening stock', 'opening' from given where "onHand" > 0`,
      [JSON.stringify(products)],
    ),
  )
}

/** Products that are, or were, for sale, in the order of the ids; a deleted one is gone for everyone. */
export async function findProducts(db: Db, productIds: readonly string[]): Promise<(Product | undefined)[]> {
  const { rows } = await db.query<Product>({
    name: 'find-products',
    text: `select ${productColumns} from products join stock on product_id = products.id
            where products.id = any($1::text[]) and status <> 'deleted'`,
    values: [productIds],
  })
  return inOrderOf(productIds, rows, ({ id }) => id)
}

export type ProductChanges = Partial<
  Pick<NewProduct, 'sku' | 'name' | 'description' | 'priceMinor' | 'currency' | 'category' | 'attributes' | 'status'>
>

/** Changes what is given and keeps the rest; the raised version makes the search index follow. */
export async function updateProduct(
  db: Db,
  productId: string,
  changes: { [Field in keyof ProductChanges]?: ProductChanges[Field] | undefined },
): Promise<Product | undefined> {
  const { rows } = await refusingTakenSku(
    db.query<Product>(
      `update products
          set sku = coalesce($2, sku), name = coalesce($3, name), description = coalesce($4, description),
              price_minor = coalesce($5, price_minor), currency = coalesce($6, currency),
              category = coalesce($7, category), attributes = coalesce($8, attributes), status = coalesce($9, status),
              version = version + 1, updated_at = now()
         from stock
        where products.id = $1 and status <> 'deleted' and stock.product_id = products.id
       returning ${productColumns}`,
      [
        productId,
        changes.sku ?? null,
        changes.name ?? null,
        changes.description ?? null,
        changes.priceMinor ?? null,
        changes.currency ?? null,
        changes.category ?? null,
        changes.attributes === undefined ? null : JSON.stringify(changes.attributes),
        changes.status ?? null,
      ],
    ),
  )
  return rows[0]
}

/** Takes a product out of the catalogue for ever. Its row stays, because orders speak of it. */
export async function deleteProduct(db: Db, productId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update products set status = 'deleted', version = version + 1, updated_at = now() where id = $1 and status <> 'deleted'`,
    [productId],
  )
  return rowCount === 1
}

async function refusingTakenSku<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement
  } catch (error) {
    if (error instanceof DatabaseError && error.constraint === 'products_sku_unique') throw new Problem('sku_taken')
    throw error
  }
}
