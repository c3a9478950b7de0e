import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { times } from '../../shopper/http.ts'
import { address, type Customer, type Line, oneOf, orderOf, parcel } from '../../shopper/people.ts'
import { newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
let [alice, bob]: Customer[] = []
let product: { id: string }
let orderId: string
beforeAll(async () => {
  shop = await openShop()
  ;[alice, bob] = await shop.newCustomers(2)
  product = await shop.newProduct()
  orderId = (await alice!.buy(product)).body.id
})
afterAll(() => shop?.close())

const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id)
const unknownId = 'ord_019a0000-0000-7000-8000-000000000000'

test("other people's orders are as unknown as those that never were", async () => {
  for (const id of [orderId, unknownId, 'ord_1', '..%2F..', "' or 1=1 --"]) {
    const at = `/v1/orders/${id === orderId ? id : encodeURIComponent(id)}`
    for (const answer of [
      await bob!.ask('GET', at),
      await bob!.ask('GET', `${at}/timeline`),
      await bob!.ask('POST', `${at}/cancel`, { reason: 'mine now' }),
    ])
      expect(answer, id).toMatchObject({ status: 404, body: { code: 'order_not_found' } })
  }
  expect(idsOf(await bob!.ask('GET', '/v1/orders'))).toEqual([])
  expect(await alice!.order(orderId)).toMatchObject({ id: orderId, status: 'paid' })
})

test('staff see every order; a customer cannot do what staff do, and a stranger nothing', async () => {
  expect(await shop.staff.ask('GET', `/v1/orders/${orderId}`)).toMatchObject({
    status: 200,
    body: { user_id: alice!.id },
  })
  expect(idsOf(await shop.staff.ask('GET', '/v1/orders'))).toContain(orderId)
  const forStaff: [string, string, unknown?][] = [
    ['POST', `/v1/orders/${orderId}/shipments`, parcel],
    ['POST', `/v1/orders/${orderId}/deliveries`, {}],
    ['POST', `/v1/orders/${orderId}/approve`, {}],
    ['POST', `/v1/orders/${orderId}/reject`, {}],
    ['GET', `/v1/inventory/${product.id}`],
    ['POST', `/v1/inventory/${product.id}/adjustments`, { change: 5, type: 'in', reason: 'mine' }],
    ['DELETE', `/v1/products/${product.id}`],
  ]
  for (const [method, path, body] of forStaff) {
    expect(await alice!.ask(method, path, body), path).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect((await shop.call(method, path, { body, key: newKey() })).status, path).toBe(401)
  }
  for (const path of ['/v1/orders', `/v1/orders/${orderId}`, `/v1/orders/${orderId}/timeline`, '/v1/me'])
    for (const token of [undefined, 'nonsense', `${alice!.token}x`])
      expect(await shop.call('GET', path, { token }), path).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      })
  expect((await shop.call('POST', '/v1/orders', { body: orderOf(oneOf(product)), key: newKey() })).status).toBe(401)
  expect(await alice!.order(orderId)).toMatchObject({ status: 'paid' })
})

test('a list of orders is paged newest first, without a gap or a double while new ones come in', async () => {
  const buyer = (await shop.newCustomer()) as Customer
  const bought: string[] = []
  for (const _ of times(7, String)) bought.unshift((await buyer.buy(product)).body.id)
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await buyer.ask('GET', `/v1/orders?limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    seen.push(...idsOf(page))
    cursor = page.body.next_cursor
    if (seen.length === 3) await buyer.buy(product)
  }
  expect(seen).toEqual(bought)
  expect((await buyer.cancel(bought[2]!)).status).toBe(200)
  expect(idsOf(await buyer.ask('GET', '/v1/orders?status=cancelled'))).toEqual([bought[2]])
  for (const query of [
    'limit=0',
    'limit=101',
    'limit=x',
    'status=lost',
    'cursor=%00',
    'needs_attention=maybe',
    'what=ever',
  ])
    expect([400, 422], query).toContain((await buyer.ask('GET', `/v1/orders?${query}`)).status)
})

test('the timeline of an order reads as its story', async () => {
  const { body } = await bob!.buy(product)
  await shop.staff.ship(body.id)
  await shop.staff.deliver(body.id)
  const { body: page } = await bob!.ask('GET', `/v1/orders/${body.id}/timeline`)
  const steps = page.data as {
    what: string
    from_status: string | null
    to_status: string | null
    created_at: string
  }[]
  expect(
    steps.filter(({ to_status }) => to_status).map(({ from_status, to_status }) => `${from_status} ${to_status}`),
  ).toEqual(['null pending', 'pending paid', 'paid shipped', 'shipped delivered'])
  expect(steps.map(({ what }) => what)).toEqual([
    'order placed',
    'order paid',
    'payment captured',
    'order shipped',
    'order delivered',
  ])
  const at = steps.map(({ created_at }) => Date.parse(created_at))
  expect(at).toEqual([...at].sort((a, b) => a - b))
})

describe('an order that cannot be', () => {
  const line = (quantity: unknown): Line => ({ product_id: product.id, quantity: quantity as number })
  const cases: [string, () => unknown, string][] = [
    ['of no line', () => orderOf([]), 'items'],
    ...[0, -1, 1.5, '2', 1_000, null, 1e9].map((quantity): [string, () => unknown, string] => [
      `of quantity ${JSON.stringify(quantity)}`,
      () => orderOf([line(quantity)]),
      'items.0.quantity',
    ]),
    ['of 101 lines', () => orderOf(times(101, () => line(1))), 'items'],
    [
      'of an unknown product',
      () => orderOf([{ product_id: 'prd_019a0000-0000-7000-8000-000000000000', quantity: 1 }]),
      'items',
    ],
    ['of a product that is no id', () => orderOf([{ product_id: 'lamp', quantity: 1 }]), 'items'],
    ['with a field nobody knows', () => ({ ...orderOf([line(1)]), discount: 100 }), 'discount'],
    [
      'with a price of its own',
      () => orderOf([{ ...line(1), unit_price: { amount: 1, currency: 'USD' } } as Line]),
      'items.0.unit_price',
    ],
    [
      'with a NUL in the name',
      () => ({ ...orderOf([line(1)]), shipping_address: { ...address, name: 'Ro\u0000bin' } }),
      'shipping_address.name',
    ],
    [
      'without a city',
      () => ({ ...orderOf([line(1)]), shipping_address: { ...address, city: undefined } }),
      'shipping_address.city',
    ],
    [
      'to no country',
      () => ({ ...orderOf([line(1)]), shipping_address: { ...address, country: 'Utopia' } }),
      'shipping_address.country',
    ],
    ['without a payment', () => ({ ...orderOf([line(1)]), payment: undefined }), 'payment'],
    [
      'of two currencies',
      async () => orderOf([line(1), ...oneOf(await shop.newProduct({ currency: 'EUR' }))]),
      'items',
    ],
  ]

  test.each(cases)('%s is refused with 422 at its place, and nothing happens', async (_, make, path) => {
    const [before, orders] = [await shop.stockOf(product.id), await countOrders()]
    const answer = await alice!.ask('POST', '/v1/orders', await make())
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } })
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.headers.get('x-request-id')).toBeTruthy()
    expect([await shop.stockOf(product.id), await countOrders()]).toEqual([before, orders])
  })

  test('with a card number in it is refused as such, wherever it stands, and kept nowhere', async () => {
    const orders = await countOrders()
    for (const body of [
      { ...orderOf([line(1)]), shipping_address: { ...address, name: 'Robin 4111 1111 1111 1111' } },
      orderOf([line(1)], { token: '4111111111111111' }),
      { ...orderOf([line(1)]), note: 4111111111111111 },
    ])
      expect(await alice!.ask('POST', '/v1/orders', body)).toMatchObject({
        status: 422,
        body: { code: 'pan_not_accepted' },
      })
    expect(await countOrders()).toBe(orders)
  })

  const countOrders = async (): Promise<number> =>
    (await shop.database.query<{ n: number }>('select count(*)::int as n from checkouts')).rows[0]!.n
})

test('lines of one product are added up before the shelf is asked', async () => {
  const few = await shop.newProduct({ onHand: 3 })
  const twice = [...oneOf(few), { product_id: few.id, quantity: 3 }]
  expect(await alice!.buy(twice)).toMatchObject({
    status: 409,
    body: { code: 'insufficient_stock', items: [{ product_id: few.id, requested: 4, available: 3 }] },
  })
  const { status, body } = await alice!.buy([...oneOf(few), { product_id: few.id, quantity: 2 }])
  expect(status).toBe(201)
  expect(body.items).toMatchObject([{ product_id: few.id, quantity: 3 }])
  expect(await shop.stockOf(few.id)).toEqual({ on_hand: 0, reserved: 0 })
})

test('afterwards every promise of the shop holds', () => shop.isSound())
