import { afterAll, beforeAll, expect, test } from 'vitest'
import { listDue } from '../../store/replenishments/index.ts'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
})
afterAll(() => shop.close())

const staff = (method: string, path: string, body?: object) =>
  shop.ask(method, path, { token: shop.manager.token, ...(body && { body }) })
const supplier = async (name: string) => (await staff('POST', '/v1/suppliers', { name })).body.id as string
const terms = { supplier_sku: 'L-1', lead_time_days: 9, unit_cost: { amount: 950, currency: 'USD' } }

test('the stock of a product shows from whom it can be had, the preferred one first', async () => {
  const [first, second] = [await supplier('Lamps & Co'), await supplier('Night Light Ltd')]
  const productId = await shop.product()
  const suppliers = [
    { supplier_id: second, ...terms },
    { supplier_id: first, ...terms, lead_time_days: 3 },
  ]
  const set = await staff('PUT', `/v1/products/${productId}/suppliers`, { suppliers })
  expect(set.status, set.text).toBe(200)
  const { body } = await staff('GET', `/v1/inventory/${productId}`)
  expect(body.suppliers).toEqual([
    { ...suppliers[0], supplier_name: 'Night Light Ltd' },
    { ...suppliers[1], supplier_name: 'Lamps & Co' },
  ])
  await staff('PUT', `/v1/products/${productId}/suppliers`, { suppliers: [suppliers[1]] })
  expect((await staff('GET', `/v1/inventory/${productId}`)).body.suppliers).toHaveLength(1)
})

test('suppliers come in pages, oldest first, and no two have one name', async () => {
  const id = await supplier('Only One')
  const again = await staff('POST', '/v1/suppliers', { name: 'only one' })
  expect([again.status, again.body.code]).toEqual([409, 'supplier_name_taken'])
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await staff('GET', `/v1/suppliers?limit=1${cursor && `&cursor=${cursor}`}`)
    seen.push(...body.data.map((each: { id: string }) => each.id))
    cursor = body.next_cursor
  }
  expect(seen).toContain(id)
  expect(new Set(seen).size).toBe(seen.length)
})

test('what cannot be is said so, and nothing changes', async () => {
  const known = await supplier('Known')
  const productId = await shop.product()
  const put = (suppliers: object[], id = productId) => staff('PUT', `/v1/products/${id}/suppliers`, { suppliers })
  await put([{ supplier_id: known, ...terms }])
  const stranger = await put([
    { supplier_id: known, ...terms },
    { supplier_id: 'sup_nobody', ...terms },
  ])
  expect([stranger.status, stranger.body.errors]).toEqual([
    422,
    [{ path: 'suppliers.1.supplier_id', message: 'There is no such supplier' }],
  ])
  const twice = await put([
    { supplier_id: known, ...terms },
    { supplier_id: known, ...terms },
  ])
  expect([twice.status, twice.body.code]).toEqual([422, 'invalid_request'])
  expect((await put([], 'prd_01890000-0000-7000-8000-000000000000')).body.code).toBe('product_not_found')
  expect((await shop.ask('GET', '/v1/suppliers', { token: shop.customer.token })).status).toBe(403)
  expect((await shop.ask('POST', '/v1/suppliers', { body: { name: 'x' } })).status).toBe(401)
  expect((await staff('GET', `/v1/inventory/${productId}`)).body.suppliers).toHaveLength(1)
})

test('what is computed for a shelf goes by the sales of the last days, without what came back', async () => {
  const productId = await shop.product({ onHand: 1 })
  await staff('PUT', `/v1/products/${productId}/suppliers`, {
    suppliers: [{ supplier_id: await supplier('Weekly'), ...terms }],
  })
  const set = { reorder_point: 5, reorder_quantity: 3, reorder_mode: 'computed' }
  expect((await staff('PATCH', `/v1/inventory/${productId}`, set)).body).toMatchObject(set)
  await shop.database.query(`update products set created_at = now() - interval '3 days' where id = $1`, [productId])
  for (const [change, type, daysAgo, source] of [
    [-4, 'out', 0.5, 'a:sale'],
    [-6, 'out', 1.5, 'b:sale'],
    [1, 'in', 1.2, 'b:return'],
    [-9, 'out', 40, 'c:sale'],
  ])
    await shop.database.query(
      `insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source, created_at)
       values ($1, $2, $3, 'sold', 'ord_00000000', $5, now() - $4 * interval '1 day')`,
      [productId, change, type, daysAgo, source],
    )
  const due = (await listDue(shop.database, { after: '', limit: 50 })).find((each) => each.productId === productId)
  expect(due).toMatchObject({ mode: 'computed', reorderQuantity: 3, leadTimeDays: 9 })
  expect(due?.dailySales.toSorted()).toEqual([0, 4, 5])
})
