import type { Database } from '../store/database.ts'
import { newId } from '../store/ids.ts'
import { setReordering } from '../store/inventory.ts'
import { createProducts } from '../store/products.ts'
import { createSupplier, setSources } from '../store/suppliers/index.ts'
import { createUser } from '../store/users.ts'
import type { Scheduler } from './scheduler.ts'

const PRODUCTS = 6
const SUPPLIERS = 4

/** Somebody who may sign in. Answers their id. */
export async function person(database: Database, role: 'user' | 'manager'): Promise<string> {
  const id = newId('usr')
  const name = `${role}-${id.slice(4).replaceAll('-', '')}`
  await createUser(database, { id, username: name, email: `${name}@example.test`, passwordHash: '-', role })
  return id
}

/**
 * Products, and from whom they can be had. The first one is what everybody wants; the second is ordered again by the shop
 * itself. Answers their ids.
 */
export async function fillShelves(database: Database, scheduler: Scheduler, checkouts: number): Promise<string[]> {
  const rush = Math.max(2, Math.round(checkouts / 20))
  const products = Array.from({ length: PRODUCTS }, (_, at) => {
    const onHand = at === 0 ? rush : Math.round(checkouts * scheduler.between(0.1, 1.5)) + 2
    // Now and then an item is dear enough to look odd.
    const priceMinor = scheduler.chance(0.15) ? 300_000 : Math.round(scheduler.between(500, 9_000))
    return {
      id: newId('prd'),
      sku: `SKU-${at}`,
      name: `Thing ${at}`,
      description: '',
      priceMinor,
      currency: 'USD',
      category: 'Things',
      attributes: {},
      onHand,
    }
  })
  await createProducts(database, products)
  const productIds = products.map(({ id }) => id)
  await signUpSuppliers(database, scheduler, productIds)
  await setReordering(database, productIds[1] as string, { reorderPoint: 1_000_000, reorderQuantity: 5 })
  return productIds
}

/** Some products can be had of several, some of one, and some of nobody. */
async function signUpSuppliers(database: Database, scheduler: Scheduler, productIds: string[]): Promise<void> {
  const supplierIds: string[] = []
  for (let at = 0; at < SUPPLIERS; at++) {
    const { id } = await createSupplier(database, { id: newId('sup'), name: `Supplier ${at}` })
    supplierIds.push(id)
  }
  for (const productId of productIds) {
    const preferred = Math.floor(scheduler.random() * SUPPLIERS)
    const asked = Array.from({ length: Math.floor(scheduler.random() * (SUPPLIERS + 1)) }, (_, at) => ({
      supplierId: supplierIds[(preferred + at) % SUPPLIERS] as string,
      supplierSku: 'THING',
      leadTimeDays: 1,
      unitCostMinor: 50,
      currency: 'USD',
    }))
    await setSources(database, productId, asked)
  }
}
