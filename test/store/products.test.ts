import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../store/ids.ts'
import { createProducts, deleteProduct, findProducts, type NewProduct, updateProduct } from '../../store/products.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let shop: TestDatabase
beforeAll(async () => {
  shop = await openTestDatabase()
})
afterAll(() => shop.close())

const versionOf = async (id: string) =>
  (await shop.database.query('select version from products where id = $1', [id])).rows[0].version

const newProduct = (sku: string): NewProduct => ({
  id: newId('prd'),
  sku,
  name: sku,
  description: '',
  priceMinor: 9_007_199_254_740_991,
  currency: 'USD',
  category: 'Things',
  attributes: { nested: ['a', 'b'] },
  onHand: 0,
})

test('several products are created together or not at all', async () => {
  const [one, two] = [newProduct('ONE'), newProduct('TWO')]
  await createProducts(shop.database, [one, two])
  expect((await findProducts(shop.database, [one.id]))[0]).toMatchObject({
    sku: 'ONE',
    priceMinor: one.priceMinor,
    attributes: one.attributes,
    available: 0,
  })
  const three = newProduct('THREE')
  await expect(createProducts(shop.database, [three, newProduct('TWO')])).rejects.toMatchObject({ code: 'sku_taken' })
  expect(await findProducts(shop.database, [three.id])).toEqual([undefined])
})

test('every change raises the version, so that the search index sees it', async () => {
  const id = await addProduct(shop.database)
  await updateProduct(shop.database, id, { name: 'Renamed' })
  await deleteProduct(shop.database, id)
  expect(await versionOf(id)).toBe(3)
})

test('changes made at once are all kept', async () => {
  const id = await addProduct(shop.database)
  await Promise.all([
    updateProduct(shop.database, id, { name: 'Renamed' }),
    updateProduct(shop.database, id, { priceMinor: 5 }),
    updateProduct(shop.database, id, { category: 'Moved' }),
  ])
  expect((await findProducts(shop.database, [id]))[0]).toMatchObject({
    name: 'Renamed',
    priceMinor: 5,
    category: 'Moved',
  })
})

test('a deleted product is gone and cannot come back', async () => {
  const id = await addProduct(shop.database)
  expect(await deleteProduct(shop.database, id)).toBe(true)
  expect(await deleteProduct(shop.database, id)).toBe(false)
  expect(await updateProduct(shop.database, id, { status: 'active' })).toBeUndefined()
  expect(await findProducts(shop.database, [id])).toEqual([undefined])
})
