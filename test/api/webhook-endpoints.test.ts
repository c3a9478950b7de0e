import { afterAll, beforeAll, expect, test } from 'vitest'
import { webhookEndpointRoutes } from '../../api/routes/webhook-endpoints.ts'
import { createWebhookSender } from '../../gateways/webhooks/sender.ts'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
  const { whyNot: whyNotUrl } = createWebhookSender()
  const { database } = shop
  const deps = { database, whyNotUrl, nudgeEventSweep: () => {}, endDeliveries: () => {}, secretOverlapMs: 60_000 }
  shop.app.route('/', webhookEndpointRoutes(deps))
})
afterAll(() => shop.close())

const path = '/v1/webhook-endpoints'
const good = { url: 'https://93.184.215.14/hook', events: ['order.paid', 'inventory.low'] }
const create = (body: object, token = shop.manager.token) => shop.ask('POST', path, { body, token })

test('the secret of an endpoint is shown once, and it is gone when it is deleted', async () => {
  const { status, body } = await create(good)
  expect([status, body]).toEqual([
    201,
    expect.objectContaining({ ...good, status: 'active', secret: expect.stringMatching(/^whsec_.{44}$/) }),
  ])
  const one = await shop.ask('GET', `${path}/${body.id}`, { token: shop.manager.token })
  const { secret: _, ...rest } = body
  expect(one.body).toEqual(rest)
  const list = await shop.ask('GET', path, { token: shop.manager.token })
  expect(list.body).toEqual({ data: [rest], next_cursor: null })

  const { status: gone } = await shop.ask('DELETE', `${path}/${body.id}`, { token: shop.manager.token })
  const again = await shop.ask('DELETE', `${path}/${body.id}`, { token: shop.manager.token })
  expect([gone, again.status, again.body.code]).toEqual([204, 404, 'webhook_endpoint_not_found'])
})

test.each([
  'http://127.0.0.1/',
  'http://[::1]/',
  'http://169.254.169.254/',
  'http://0x7f.1/',
  'file:///etc/passwd',
  'gopher://example.com/',
])('%s is no place for an endpoint', async (url) => {
  const { status, body } = await create({ ...good, url })
  expect([status, body.code, body.errors[0].path]).toEqual([422, 'invalid_request', 'url'])
})

test('events that there are not, or none, are named', async () => {
  for (const events of [[], ['order.eaten'], ['order.paid', 'order.paid']]) {
    const { status, body } = await create({ ...good, events })
    expect([status, body.code, body.errors[0].path.split('.')[0]]).toEqual([422, 'invalid_request', 'events'])
  }
})

test('customers have none, and of what is not there nothing is delivered', async () => {
  expect((await create(good, shop.customer.token)).status).toBe(403)
  const { body: endpoint } = await create(good)
  const { status, body } = await shop.ask('POST', `${path}/${endpoint.id}/deliveries/dlv_nobody/redeliver`, {
    token: shop.manager.token,
  })
  expect([status, body.code]).toEqual([404, 'webhook_delivery_not_found'])
})
