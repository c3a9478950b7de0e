import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkInvariants } from '../../store/invariants.ts'
import { stockShop } from '../../bench/stocked-shop.ts'
import { storeOrders, storeProducts } from '../../bench/stored-shop.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let shop: TestDatabase
beforeAll(async () => {
  shop = await openTestDatabase()
})
afterAll(() => shop.close())

test('orders and products that the bench stores keep every promise that real ones keep', async () => {
  await stockShop(shop.database)
  await storeProducts(shop.database, { from: 0, to: 60 })
  await storeOrders(shop.database, { count: 300, products: 60 })
  // More of both on top, as the bench does from one size to the next.
  await storeProducts(shop.database, { from: 60, to: 100 })
  await storeOrders(shop.database, { count: 200, products: 100 })

  const { rows } = await shop.database.query(
    `select (select count(*)::int from orders where status = 'delivered') as orders,
            (select count(*)::int from products where sku like 'STORED-%') as products,
            (select count(distinct tableoid)::int from orders) as partitions`,
  )
  expect(rows[0]).toMatchObject({ orders: 500, products: 100 })
  const results = await checkInvariants({ database: shop.database })
  expect(results.flatMap(({ name, violations }) => violations.map((violation) => ({ name, ...violation })))).toEqual([])
})
