import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { insist } from '../../shopper/http.ts'
import { parcel } from '../../shopper/people.ts'
import { eventually, newKey, openShop, type Shop } from '../stories/shop.ts'

/**
 * What an update asks for is in no history before its workflow task is done. An effect of it within that task can
 * therefore be all that is left of it, when the task is lost and nobody repeats the request.
 */
let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterEach(() => shop.isSound())
afterAll(() => shop?.close())

test('a cancellation whose process dies half-way, and that nobody repeats, is not forgotten half-way', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct()])
  const { body: order } = await customer.buy(product)
  await customer.becomes(order.id, 'paid', 'captured')

  await shop.gateway('POST', '/v1/faults', { body: { operation: 'refund', mode: 'silent_after', order_id: order.id } })
  const unheard = customer.cancel(order.id).catch(() => 'lost')
  await eventually(async () => expect(await shop.movesOf(order.id)).toContain('refund'))
  // The API hosts the worker; the engine keeps what it was asked for in memory until the task is done.
  await Promise.all([shop.kill('temporal'), shop.kill('api')])
  expect(await unheard).toBe('lost')
  await Promise.all([shop.whenUp('temporal'), shop.whenUp('api')])

  // Whoever ships it now must be refused: the customer has the money back.
  const key = newKey()
  const shipped = await insist(() => shop.staff.ask('POST', `/v1/orders/${order.id}/shipments`, parcel, key))
  expect(shipped.status, JSON.stringify(shipped.body)).toBe(409)
  await customer.becomes(order.id, 'cancelled', 'refunded')
})
