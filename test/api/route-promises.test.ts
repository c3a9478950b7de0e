import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
let productId = ''
beforeAll(async () => {
  shop = await openShopApi()
  productId = await shop.product()
})
afterAll(() => shop.close())

type Promises = {
  route: string
  for: 'everyone' | 'customers' | 'staff'
  body?: object
  needsKey?: boolean
  hasId?: boolean
}

const newProduct = { sku: 'PROMISE', name: 'A promise', price: { amount: 100, currency: 'USD' }, category: 'Promises' }
const adjustment = { change: 1, type: 'in', reason: 'delivery' }

/** What every route promises, whatever else it does. */
const routes: Promises[] = [
  {
    route: 'POST /v1/auth/register',
    for: 'everyone',
    body: { username: 'x', email: 'x@example.com', password: '12345678' },
  },
  { route: 'POST /v1/auth/login', for: 'everyone', body: { email: 'x@example.com', password: '12345678' } },
  { route: 'POST /v1/auth/refresh', for: 'everyone', body: { refresh_token: 'x' } },
  { route: 'POST /v1/auth/logout', for: 'everyone', body: { refresh_token: 'x' } },
  { route: 'GET /v1/me', for: 'customers' },
  { route: 'PATCH /v1/me', for: 'customers', body: {} },
  { route: 'GET /v1/products', for: 'everyone' },
  { route: 'GET /v1/categories', for: 'everyone' },
  { route: 'GET /v1/products/:id', for: 'everyone', hasId: true },
  { route: 'POST /v1/products', for: 'staff', body: newProduct },
  { route: 'PATCH /v1/products/:id', for: 'staff', body: { name: 'Renamed' }, hasId: true },
  { route: 'GET /v1/inventory/:id', for: 'staff', hasId: true },
  { route: 'PATCH /v1/inventory/:id', for: 'staff', body: { reorder_point: 1 }, hasId: true },
  { route: 'GET /v1/inventory/:id/ledger', for: 'staff', hasId: true },
  { route: 'POST /v1/inventory/:id/adjustments', for: 'staff', body: adjustment, hasId: true, needsKey: true },
  { route: 'GET /v1/suppliers', for: 'staff' },
  { route: 'POST /v1/suppliers', for: 'staff', body: { name: 'A promising supplier' } },
  { route: 'PUT /v1/products/:id/suppliers', for: 'staff', body: { suppliers: [] }, hasId: true },
  { route: 'GET /v1/search', for: 'everyone' },
  { route: 'GET /v1/recommendations', for: 'everyone' },
  { route: 'POST /v1/products/:id/views', for: 'customers', hasId: true },
  { route: 'DELETE /v1/products/:id', for: 'staff', hasId: true },
]

let keys = 0
describe.each(routes)('$route', (promises) => {
  const [method, pattern] = promises.route.split(' ') as [string, string]
  const send = (what: { id?: string; body?: object; token?: string | undefined; key?: string | undefined } = {}) =>
    shop.ask(method, pattern.replace(':id', what.id ?? productId), {
      token: 'token' in what ? what.token : promises.for === 'everyone' ? undefined : shop.manager.token,
      key: 'key' in what ? what.key : promises.needsKey ? `promise-${++keys}` : undefined,
      ...(promises.body && { body: what.body ?? promises.body }),
    })

  if (promises.for !== 'everyone')
    test('nobody gets in without a token', async () => {
      const { status, headers, body } = await send({ token: undefined, body: { wrong: true }, key: undefined })
      expect([status, body.code, headers.get('www-authenticate')]).toEqual([
        401,
        'unauthenticated',
        'Bearer realm="holdfast"',
      ])
    })
  if (promises.for === 'staff')
    test('customers are told that it is not for them', async () => {
      const { status, body } = await send({ token: shop.customer.token })
      expect([status, body.code]).toEqual([403, 'forbidden'])
    })
  if (promises.hasId)
    test('what does not exist is not found', async () => {
      for (const id of [
        'prd_0193f1a2-7c3e-7d43-8a52-4f3a5b6c7d8e',
        'nonsense',
        'usr_0193f1a2-7c3e-7d43-8a52-4f3a5b6c7d8e',
      ]) {
        const { status, body } = await send({ id })
        expect([status, body.code]).toEqual([404, 'product_not_found'])
      }
    })
  if (promises.body)
    test('an unknown field is named', async () => {
      const { status, body } = await send({ body: { ...promises.body, surprise: 1 } })
      expect([status, body.code]).toEqual([422, 'invalid_request'])
      expect(body.errors).toContainEqual({ path: 'surprise', message: 'Unknown field' })
    })
  if (!promises.body)
    test('an unknown parameter is not overlooked', async () => {
      if (promises.hasId && !pattern.endsWith('ledger')) return
      if (pattern === '/v1/me') return
      const token = promises.for === 'everyone' ? undefined : shop.manager.token
      const { status } = await shop.ask(method, `${pattern.replace(':id', productId)}?surprise=1`, { token })
      expect(status).toBe(422)
    })
  if (promises.needsKey)
    test('it wants an Idempotency-Key, and answers the same key the same', async () => {
      const without = await send({ key: undefined })
      expect([without.status, without.body.code]).toEqual([400, 'idempotency_key_required'])
      const [first, again] = [await send({ key: 'promise' }), await send({ key: 'promise' })]
      expect(again.body).toEqual(first.body)
      expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])
    })
  test('staff get an answer that is not an error of ours', async () => {
    expect((await send()).status).toBeLessThan(500)
  })
})
