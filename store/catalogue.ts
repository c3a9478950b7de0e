import type { Caches } from './caches.ts'
import type { Db } from './database.ts'
import type { Moments } from './moments.ts'
import { findProducts, type Product } from './products.ts'
import { inOrderOf, readTogether } from './read-together.ts'

/** How old the price and the stock that are shown may be: half of what is promised. */
const SHOWN_FOR_MS = 500
const REMEMBERED_PRODUCTS = 10_000

export type Catalogue = {
  /** A product as it was no more than a moment ago. */
  product(productId: string): Promise<Product | undefined>
}

/** As it is kept: without the stock, and with times as Redis gives them back. */
type Description = Omit<Product, 'available' | 'createdAt' | 'updatedAt'> & { createdAt: string; updatedAt: string }

/**
 * The catalogue for those who look. What is asked of PostgreSQL is small, the same for everyone and shared by the requests
 * of one moment: in which revision a product is, and how many are left. What the revision says comes from the caches.
 */
export function createCatalogue(deps: { database: Db; caches: Caches; moments: Moments }): Catalogue {
  const { database, caches, moments } = deps
  const readShelf = readTogether((ids: readonly string[]) => findShelves(database, ids))
  const readProduct = readTogether((ids: readonly string[]) => findProducts(database, ids))

  async function productNow(productId: string): Promise<Product | undefined> {
    const shelf = await readShelf(productId)
    if (!shelf) return undefined
    const described = await caches.get('products', `${productId}:${shelf.revision}`, () => describe(productId))
    return described && productOf(described, shelf)
  }

  async function describe(productId: string): Promise<Description | undefined> {
    const product = await readProduct(productId)
    if (!product) return undefined
    const { available: _, createdAt, updatedAt, ...described } = product
    return { ...described, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() }
  }

  return {
    product: moments.of(productNow, {
      name: 'product',
      forMs: SHOWN_FOR_MS,
      most: REMEMBERED_PRODUCTS,
      isByProduct: true,
    }),
  }
}

const productOf = (described: Description, { available }: Shelf): Product => ({
  ...described,
  createdAt: new Date(described.createdAt),
  updatedAt: new Date(described.updatedAt),
  available,
})

type Shelf = { id: string; revision: string; available: number }

/**
 * The revision of each product and its stock. `xmin` is PostgreSQL's own mark of who wrote a row last: it changes with
 * every change, whoever made it and whatever was forgotten. With the version it is not met twice, even after a restore.
 */
async function findShelves(db: Db, productIds: readonly string[]): Promise<(Shelf | undefined)[]> {
  const { rows } = await db.query<Shelf>({
    name: 'find-shelves',
    text: `select products.id, products.xmin::text || '.' || version as revision, on_hand - reserved as available
             from products join stock on product_id = products.id
            where products.id = any($1::text[]) and status <> 'deleted'`,
    values: [productIds],
  })
  return inOrderOf(productIds, rows, ({ id }) => id)
}
