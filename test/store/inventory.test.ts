import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../store/ids.ts'
import { adjustStock, findStock, listLedger, setReordering } from '../../store/inventory.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let shop: TestDatabase
beforeAll(async () => {
  shop = await openTestDatabase()
})
afterAll(() => shop.close())

const adjust = (productId: string, change: number) =>
  adjustStock(shop.database, { id: newId('adj'), productId, change, type: 'adjustment', reason: 'counted again' })

test('whatever is taken and brought, at once or in turn, the shelf is never below zero and the ledger sums to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(20),
      fc.array(
        fc.integer({ min: -15, max: 15 }).filter((change) => change !== 0),
        { maxLength: 12 },
      ),
      async (onHand, changes) => {
        const id = await addProduct(shop.database, { onHand })
        const results = await Promise.all(changes.map((change) => adjust(id, change)))
        const done = changes.filter((_, n) => results[n]?.outcome === 'adjusted')
        const expected = done.reduce((sum, change) => sum + change, onHand)
        const stock = await findStock(shop.database, id)
        const { entries } = await listLedger(shop.database, id, { afterId: 0, limit: 100 })
        expect(expected).toBeGreaterThanOrEqual(0)
        expect(stock?.onHand).toBe(expected)
        expect(entries.reduce((sum, { change }) => sum + change, 0)).toBe(expected)
      },
    ),
    { numRuns: 30 },
  )
})

test('promised units cannot be taken off the shelf', async () => {
  const id = await addProduct(shop.database, { onHand: 5 })
  await shop.database.query('update stock set reserved = 4 where product_id = $1', [id])
  expect(await adjust(id, -2)).toMatchObject({ outcome: 'insufficient_stock', stock: { onHand: 5, available: 1 } })
  expect(await adjust(id, -1)).toMatchObject({ outcome: 'adjusted', stock: { onHand: 4, available: 0 } })
})

test('an adjustment of nothing we know changes nothing', async () => {
  expect(await adjust(newId('prd'), 1)).toEqual({ outcome: 'unknown_product' })
})

test('an adjustment that is repeated under its own id does not happen twice', async () => {
  const productId = await addProduct(shop.database, { onHand: 5 })
  const adjustment = { id: newId('adj'), productId, change: 2, type: 'in' as const, reason: 'delivery' }
  await adjustStock(shop.database, adjustment)
  await expect(adjustStock(shop.database, adjustment)).rejects.toThrow(/inventory_records_once/)
  expect((await findStock(shop.database, productId))?.onHand).toBe(7)
})

test('reordering keeps what it was not given', async () => {
  const id = await addProduct(shop.database, { reorderPoint: 3, reorderQuantity: 30 })
  expect(await setReordering(shop.database, id, { reorderPoint: 5 })).toMatchObject({
    reorderPoint: 5,
    reorderQuantity: 30,
  })
})
