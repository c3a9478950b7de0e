import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { times } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { newKey, newSku, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
beforeAll(async () => {
  shop = await openShop()
  customer = await shop.newCustomer()
})
afterAll(() => shop?.close())

test('an account is opened, signed in, renewed and signed out', async () => {
  const name = `story-${randomBytes(6).toString('hex')}`
  const account = { username: name, email: `${name.toUpperCase()}@Example.com`, password: 'correct horse battery' }
  const { status, body: user } = await shop.call('POST', '/v1/auth/register', { body: account })
  expect(status).toBe(201)
  expect(user).toMatchObject({ username: name, email: `${name}@example.com`, role: 'user' })
  expect(JSON.stringify(user)).not.toContain('password')
  const twice = await shop.call('POST', '/v1/auth/register', { body: { ...account, username: `${name}-2` } })
  expect(twice).toMatchObject({ status: 409, body: { code: 'email_taken' } })
  const wrong = { email: account.email, password: 'wrong horse' }
  expect(await shop.call('POST', '/v1/auth/login', { body: wrong })).toMatchObject({
    status: 401,
    body: { code: 'invalid_credentials' },
  })

  const { body: tokens } = await shop.call('POST', '/v1/auth/login', {
    body: { email: account.email, password: account.password },
  })
  expect((await shop.call('GET', '/v1/me', { token: tokens.access_token })).body.id).toBe(user.id)
  const renew = (refresh_token: string) => shop.call('POST', '/v1/auth/refresh', { body: { refresh_token } })
  const { body: renewed } = await renew(tokens.refresh_token)
  expect((await shop.call('GET', '/v1/me', { token: renewed.access_token })).status).toBe(200)
  expect((await shop.call('POST', '/v1/auth/logout', { body: { refresh_token: renewed.refresh_token } })).status).toBe(
    204,
  )
  expect((await renew(renewed.refresh_token)).status).toBe(401)
})

test('a product is made, changed, sold at its new price, and taken away while its orders keep it', async () => {
  const made = await shop.newProduct({ price: 10_00, onHand: 3, name: 'Ullage gauge' })
  const at = `/v1/products/${made.id}`
  expect(await shop.call('GET', at)).toMatchObject({
    status: 200,
    body: { price: { amount: 10_00 }, inventory: { available: 3 } },
  })
  const { body: first } = await customer.buy(made)
  expect((await shop.staff.ask('PATCH', at, { price: { amount: 12_50, currency: 'USD' } })).status).toBe(200)
  const { body: second } = await customer.buy(made)
  expect([first.total.amount, second.total.amount]).toEqual([10_00, 12_50])
  expect((await shop.call('GET', at)).body.inventory.available).toBe(1)
  expect((await shop.call('GET', '/v1/search?q=ullage')).body).toMatchObject({
    engine: 'postgres',
    data: [{ id: made.id }],
  })

  expect((await shop.staff.ask('PATCH', at, { status: 'inactive' })).status).toBe(200)
  expect(await customer.buy(made)).toMatchObject({ status: 409, body: { code: 'product_unavailable' } })
  expect((await shop.staff.ask('DELETE', at)).status).toBe(204)
  expect((await shop.call('GET', at)).status).toBe(404)
  expect(await customer.order(first.id)).toMatchObject({ items: [{ name: 'Ullage gauge', quantity: 1 }] })
  expect((await shop.newProduct({ sku: made.sku })).id).not.toBe(made.id)
})

test('an adjustment of the stock happens once however often it is sent, and the ledger tells why', async () => {
  const product = await shop.newProduct({ onHand: 10 })
  const at = `/v1/inventory/${product.id}/adjustments`
  const key = newKey()
  const more = { change: 5, type: 'in', reason: 'delivery from the works' }
  const answers = await Promise.all(times(20, () => shop.staff.ask('POST', at, more, key)))
  expect(answers.filter(({ status, replayed }) => status === 201 && !replayed)).toHaveLength(1)
  expect(answers.filter(({ status, replayed }) => status === 201 && replayed)).toHaveLength(19)
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: 15, reserved: 0 })
  expect(await shop.staff.ask('POST', at, { ...more, change: 6 }, key)).toMatchObject({
    status: 422,
    body: { code: 'idempotency_key_reuse' },
  })
  expect(await shop.staff.ask('POST', at, { change: -16, type: 'out', reason: 'thieves' })).toMatchObject({
    status: 409,
    body: { code: 'insufficient_stock' },
  })
  const { body: bought } = await customer.buy([{ product_id: product.id, quantity: 4 }])
  expect((await customer.cancel(bought.id)).status).toBe(200)
  const { body: ledger } = await shop.staff.ask('GET', `/v1/inventory/${product.id}/ledger`)
  expect(ledger.data.map(({ change }: { change: number }) => change)).toEqual([10, 5, -4, 4])
  expect(ledger.data.at(-1)).toMatchObject({ order_id: bought.id, type: 'in' })
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: 15, reserved: 0 })
})

test('units that are promised to an order cannot be taken off the shelf', async () => {
  const product = await shop.newProduct({ onHand: 2, sku: newSku() })
  const { body: waiting } = await customer.buy(product, { token: 'tok_review' })
  const take = (change: number) =>
    shop.staff.ask('POST', `/v1/inventory/${product.id}/adjustments`, { change, type: 'out', reason: 'to the outlet' })
  expect((await take(-2)).status).toBe(409)
  expect((await take(-1)).status).toBe(201)
  expect(await customer.buy(product)).toMatchObject({ status: 409, body: { code: 'insufficient_stock' } })
  expect((await shop.staff.ask('POST', `/v1/orders/${waiting.id}/approve`, {})).status).toBe(201)
  await customer.becomes(waiting.id, 'paid', 'captured')
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: 0, reserved: 0 })
})

test('afterwards every promise of the shop holds', () => shop.isSound())
