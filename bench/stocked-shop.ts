import type { Database } from '../store/database.ts'
import { createProducts } from '../store/products.ts'

const CUSTOMERS = 500
const PRODUCTS = 200
const UNITS = 1_000_000

/** Ids that every process of a run can name without being told: a time stamp long ago, and a number. */
const idOf = (prefix: 'usr' | 'prd', n: number) =>
  `${prefix}_01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
const idsOf = (prefix: 'usr' | 'prd', count: number) => Array.from({ length: count }, (_, n) => idOf(prefix, n))

export const managerId: string = idOf('usr', CUSTOMERS)
export const customerIds: readonly string[] = idsOf('usr', CUSTOMERS)
export const productIds: readonly string[] = idsOf('prd', PRODUCTS)
export const soldOutProductId: string = idOf('prd', PRODUCTS)

/** Shelves that never get empty, and customers enough that none of them buys as often as a thief. */
export async function stockShop(database: Database): Promise<void> {
  await database.query(
    `insert into users (id, username, email, password_hash, created_at)
     select id, 'bench-' || place, 'bench-' || place || '@example.com', 'nobody signs in', now() - interval '90 days'
       from unnest($1::text[]) with ordinality as u (id, place)`,
    [customerIds],
  )
  await database.query(
    `insert into users (id, username, email, password_hash, role) values ($1, 'bench', 'bench@example.com', 'nobody signs in', 'manager')`,
    [managerId],
  )
  const product = (id: string, n: number, onHand: number) => ({
    id,
    sku: `BENCH-${n}`,
    name: `Bench lamp ${n}`,
    description: 'A lamp that nobody ever switches on.',
    priceMinor: 19_99,
    currency: 'USD',
    category: 'bench',
    attributes: { colour: 'grey' },
    onHand,
  })
  await createProducts(database, [
    ...productIds.map((id, n) => product(id, n, UNITS)),
    product(soldOutProductId, PRODUCTS, 0),
  ])
}
