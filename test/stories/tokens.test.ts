import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insist } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { eventually, figure, isOver, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
let product: { id: string }
beforeAll(async () => {
  shop = await openShop()
  await shop.gateway('PATCH', '/v1/settings', { body: { dispute_delay_ms: 300 } })
  product = await shop.newProduct({ onHand: 100, price: 25_00 })
})
afterAll(() => shop?.close())

const charged = ['authorization', 'capture']
const units = async () => (await shop.stockOf(product.id)).on_hand
const settle = (id: string) => customer.orderOnce(id, isOver)

test.each([
  ['tok_declined', 'card_declined'],
  ['tok_insufficient_funds', 'insufficient_funds'],
  ['tok_of_nobody', 'invalid_token'],
])('%s is told as 402, and neither money nor stock moves', async (token, decline_code) => {
  customer = await shop.newCustomer()
  const before = await units()
  const answer = await customer.buy(product, { token })
  expect(answer).toMatchObject({ status: 402, body: { code: 'payment_declined', decline_code } })
  const order = await customer.becomes(answer.body.order_id, 'cancelled', 'failed')
  expect(order).toMatchObject({ cancel_reason: 'payment_declined', refunded: { amount: 0 } })
  expect(await shop.movesOf(order.id)).toEqual([])
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: before, reserved: 0 })
})

test('tok_visa is paid and captured at once', async () => {
  customer = await shop.newCustomer()
  const answer = await customer.buy(product)
  expect(answer).toMatchObject({
    status: 201,
    body: { status: 'paid', payment_status: 'captured', total: { amount: 25_00 } },
  })
  expect(await shop.movesOf(answer.body.id)).toEqual(charged)
})

const askBank = async () => {
  customer = await shop.newCustomer()
  const answer = await customer.buy(product, { token: 'tok_3ds' })
  expect(answer).toMatchObject({
    status: 202,
    body: { status: 'pending', payment_status: 'requires_action', next_action: { type: 'customer_action' } },
  })
  expect(answer.headers.get('location')).toBe(`/v1/orders/${answer.body.id}`)
  expect(await shop.movesOf(answer.body.id)).toEqual([])
  return answer.body as { id: string; next_action: { url: string; payment_intent_id: string } }
}
const answerBank = (url: string, outcome: string) => shop.gateway('POST', url, { body: { outcome } })

test('tok_3ds waits with the stock promised, and is paid once the customer agrees', async () => {
  const before = await units()
  const asked = await askBank()
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: before, reserved: 1 })
  expect((await answerBank(asked.next_action.url, 'succeed')).status).toBe(200)
  const order = await customer.becomes(asked.id, 'paid', 'captured')
  expect(order.next_action).toBeUndefined()
  expect(await shop.movesOf(asked.id)).toEqual(charged)
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: before - 1, reserved: 0 })
})

test('tok_3ds that the customer fails is cancelled, and the stock is free again', async () => {
  const before = await units()
  const asked = await askBank()
  await answerBank(asked.next_action.url, 'fail')
  await customer.becomes(asked.id, 'cancelled', 'failed')
  expect(await shop.movesOf(asked.id)).toEqual([])
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: before, reserved: 0 })
})

test('a forged notice is refused, and a true-looking one about nothing that happened has no effect', async () => {
  const asked = await askBank()
  const body = JSON.stringify({
    type: 'payment.authorized',
    timestamp: new Date().toISOString(),
    data: {
      intent_id: asked.next_action.payment_intent_id,
      order_id: asked.id,
      status: 'authorized',
      amount: 25_00,
      currency: 'USD',
    },
  })
  const id = `msg_${randomUUID()}`
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const sign = (at: Date, text: string) =>
    new Webhook(`whsec_${Buffer.from('a thief guesses this secret').toString('base64')}`).sign(id, at, text)
  const forged = [
    { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': sign(new Date(), body) },
    { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': 'v1,' },
    { 'webhook-id': id, 'webhook-timestamp': timestamp },
    {},
  ]
  for (const headers of forged) {
    const answer = await shop.call('POST', '/v1/webhooks/payments', {
      rawBody: body,
      headers: headers as Record<string, string>,
    })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_webhook' } })
  }
  // Even from inside, the news is only a reason to look: what is true, the gateway is asked.
  const looks = await shop.operator.historyLength(asked.id)
  await shop.operator.signal(asked.id, 'payment_news', { type: 'payment.authorized', amountMinor: 25_00 })
  await eventually(async () => expect(await shop.operator.historyLength(asked.id)).toBeGreaterThan(looks + 3))
  expect(await customer.order(asked.id)).toMatchObject({ status: 'pending', payment_status: 'requires_action' })
  expect(await shop.movesOf(asked.id)).toEqual([])
  await answerBank(asked.next_action.url, 'fail')
  await customer.becomes(asked.id, 'cancelled', 'failed')
})

test.each(['tok_timeout_after_charge', 'tok_flaky'])('%s ends paid, charged once', async (token) => {
  customer = await shop.newCustomer()
  const key = randomUUID()
  const answer = await insist(() => customer.buy(product, { token, key }))
  expect(answer.status).toBe(201)
  await settle(answer.body.id)
  figure(`${token}: first answer ${answer.first}, decided after ${answer.tookMs} ms`)
  expect(await customer.order(answer.body.id)).toMatchObject({ status: 'paid', payment_status: 'captured' })
  expect(await shop.movesOf(answer.body.id)).toEqual(charged)
})

test('tok_late_decline is paid, and its dispute brings a person to the order', async () => {
  customer = await shop.newCustomer()
  const { status, body } = await customer.buy(product, { token: 'tok_late_decline' })
  expect(status).toBe(201)
  const order = await customer.orderOnce(body.id, (seen) => seen.needs_attention !== undefined)
  expect(order).toMatchObject({ status: 'paid', needs_attention: expect.stringContaining('disputed') })
  expect(await shop.movesOf(body.id)).toEqual([...charged, 'dispute'])
  const listed = await shop.staff.ask('GET', '/v1/orders?needs_attention=true')
  expect(listed.body.data.map(({ id }: { id: string }) => id)).toContain(body.id)
  const calm = await shop.staff.ask('GET', '/v1/orders?needs_attention=false&limit=100')
  expect(calm.body.data.map(({ id }: { id: string }) => id)).not.toContain(body.id)
  await eventually(async () => expect(await shop.operator.list('NeedsAttention=true')).toContain(`order-${body.id}`))
  // A person may still ship it, and says when it is seen to.
  expect((await shop.staff.ship(body.id)).status).toBe(201)
  expect((await shop.staff.ask('POST', `/v1/orders/${body.id}/resolve`)).status).toBe(201)
  expect((await shop.staff.order(body.id)).needs_attention).toBeUndefined()
  await eventually(async () =>
    expect(await shop.operator.list('NeedsAttention=true')).not.toContain(`order-${body.id}`),
  )
})

test('a dispute about an order that has arrived brings a person to it, who settles it', async () => {
  customer = await shop.newCustomer()
  await shop.gateway('PATCH', '/v1/settings', { body: { dispute_delay_ms: 4_000 } })
  const { body } = await customer.buy(product, { token: 'tok_late_decline' })
  await shop.gateway('PATCH', '/v1/settings', { body: { dispute_delay_ms: 300 } })
  await shop.staff.ship(body.id)
  expect((await shop.staff.deliver(body.id)).status).toBe(201)
  const order = await customer.orderOnce(body.id, (seen) => seen.needs_attention !== undefined)
  expect(order).toMatchObject({ status: 'delivered', needs_attention: expect.stringContaining('disputed') })
  expect((await customer.ask('POST', `/v1/orders/${body.id}/resolve`)).status).toBe(403)
  expect((await shop.staff.ask('POST', `/v1/orders/${body.id}/resolve`)).status).toBe(201)
  expect((await customer.order(body.id)).needs_attention).toBeUndefined()
})

/** An order whose payment is disputed, and a person who knows of it. */
async function disputed() {
  customer = await shop.newCustomer()
  const { body } = await customer.buy(product, { token: 'tok_late_decline' })
  await customer.orderOnce(body.id, (seen) => seen.needs_attention !== undefined)
  return body.id as string
}
async function bankDecides(orderId: string, outcome: 'won' | 'lost') {
  const { body } = await shop.gateway('GET', `/v1/payment_intents?idempotency_key=${orderId}:authorize`)
  const settle = `/v1/payment_intents/${body.data[0].id}/settle_dispute`
  expect((await shop.gateway('POST', settle, { body: { outcome } })).status).toBe(200)
}
const refund = (orderId: string) => shop.staff.ask('POST', `/v1/orders/${orderId}/refunds`, { reason: 'goodwill' })
const told = async (orderId: string, what: string) =>
  (await shop.staff.ask('GET', `/v1/orders/${orderId}/timeline`)).body.data.filter(
    (step: { what: string }) => step.what === what,
  ).length
const events = async (orderId: string) =>
  (
    await shop.database.query<{ type: string }>(
      `select type from events where aggregate_id = $1 and type like 'payment.disput%' order by sequence`,
      [orderId],
    )
  ).rows.map(({ type }) => type)

test('a dispute that is won frees its money for refunds, however often that is said', async () => {
  const id = await disputed()
  expect(await refund(id)).toMatchObject({ status: 409, body: { code: 'refund_exceeds_captured' } })
  await shop.gateway('PATCH', '/v1/settings', { body: { webhook: { duplicate: 1 } } })
  await bankDecides(id, 'won')
  await customer.orderOnce(id, (seen) => seen.needs_attention === undefined)
  await shop.gateway('PATCH', '/v1/settings', { body: { webhook: { duplicate: 0 } } })
  expect(await refund(id)).toMatchObject({ status: 201, body: { status: 'succeeded', amount: { amount: 25_00 } } })
  expect(await shop.movesOf(id)).toEqual([...charged, 'dispute', 'reinstatement', 'refund'])
  expect(await told(id, 'payment dispute won')).toBe(1)
  await eventually(async () => expect(await events(id)).toEqual(['payment.disputed', 'payment.dispute_won']))
})

test('what a dispute has lost stays gone, and a person is called to it', async () => {
  const id = await disputed()
  await shop.staff.ask('POST', `/v1/orders/${id}/resolve`)
  await bankDecides(id, 'lost')
  const order = await customer.orderOnce(id, (seen) => seen.needs_attention !== undefined)
  expect(order).toMatchObject({ status: 'paid', needs_attention: 'payment dispute lost' })
  expect(await refund(id)).toMatchObject({ status: 409, body: { code: 'refund_exceeds_captured' } })
  expect(await shop.movesOf(id)).toEqual([...charged, 'dispute'])
  expect(await told(id, 'payment dispute lost')).toBe(1)
})

test('a dispute that was won before anyone heard of it calls nobody and keeps no money', async () => {
  customer = await shop.newCustomer()
  await shop.gateway('PATCH', '/v1/settings', { body: { webhook: { delay_ms: 4_000 } } })
  const { body } = await customer.buy(product, { token: 'tok_late_decline' })
  await eventually(async () => expect(await shop.movesOf(body.id)).toContain('dispute'))
  await shop.gateway('PATCH', '/v1/settings', { body: { webhook: { delay_ms: 0 } } })
  await bankDecides(body.id, 'won')
  await eventually(async () => {
    const { rows } = await shop.database.query(
      `select from payment_notices where order_id = $1 and type = 'payment.disputed' and handled_at is not null`,
      [body.id],
    )
    expect(rows).toHaveLength(1)
  })
  // Requests are taken one after the other: when this one is answered, the dispute has been looked at.
  expect((await shop.staff.ask('POST', `/v1/orders/${body.id}/resolve`)).status).toBe(201)
  expect((await refund(body.id)).status).toBe(201)
  expect((await customer.order(body.id)).needs_attention).toBeUndefined()
  expect([await told(body.id, 'payment dispute won'), await told(body.id, 'payment disputed')]).toEqual([1, 0])
  expect(await events(body.id)).toEqual(['payment.dispute_won'])
})

test('what is won for an order that has ended calls a person when its customer is owed it', async () => {
  const delivered = await disputed()
  await shop.staff.ship(delivered)
  await shop.staff.deliver(delivered)
  await bankDecides(delivered, 'won')
  await customer.orderOnce(delivered, (seen) => seen.needs_attention === undefined)

  const cancelled = await disputed()
  await shop.staff.ask('POST', `/v1/orders/${cancelled}/cancel`)
  await bankDecides(cancelled, 'won')
  await customer.orderOnce(cancelled, (seen) => seen.needs_attention?.includes('refund the cancelled order') ?? false)
  // Its unit came back with the cancellation: it is not put onto the shelf a second time.
  const items = [{ product_id: product.id, quantity: 1, restock: true }]
  const restocked = await shop.staff.ask('POST', `/v1/orders/${cancelled}/refunds`, { reason: 'goodwill', items })
  expect(restocked).toMatchObject({ status: 409, body: { code: 'refund_exceeds_captured' } })
  expect(await refund(cancelled)).toMatchObject({ status: 201, body: { status: 'succeeded' } })
  expect((await shop.staff.ask('POST', `/v1/orders/${cancelled}/resolve`)).status).toBe(201)
  expect(await shop.movesOf(cancelled)).toEqual([...charged, 'dispute', 'reinstatement', 'refund'])
})

test('tok_risky is refused with 403, and its hold is let go', async () => {
  customer = await shop.newCustomer()
  const before = await units()
  const answer = await customer.buy(product, { token: 'tok_risky' })
  expect(answer).toMatchObject({ status: 403, body: { code: 'payment_risk' } })
  const order = await customer.becomes(answer.body.order_id, 'cancelled', 'voided')
  expect(order.risk_score).toBeGreaterThan(0.8)
  expect(await shop.movesOf(order.id)).toEqual(['authorization', 'void'])
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: before, reserved: 0 })
})

const underReview = async () => {
  customer = await shop.newCustomer()
  const answer = await customer.buy(product, { token: 'tok_review' })
  expect(answer).toMatchObject({ status: 202, body: { status: 'pending', payment_status: 'authorized' } })
  expect(Date.parse(answer.body.review_until)).toBeGreaterThan(Date.now())
  expect(await shop.movesOf(answer.body.id)).toEqual(['authorization'])
  return answer.body.id as string
}
const bySignal = (name: string) => async (id: string) =>
  void (await shop.operator.signal(id, name, { by: 'robin', reason: 'looked' }))
const byApi = (name: string) => async (id: string) =>
  expect((await shop.staff.ask('POST', `/v1/orders/${id}/${name}`, { reason: 'looked' })).status).toBe(201)

test.each([
  ['a signal', bySignal('approve')],
  ['the API', byApi('approve')],
])('tok_review approved by %s is paid', async (_, approve) => {
  const id = await underReview()
  await approve(id)
  await customer.becomes(id, 'paid', 'captured')
  expect(await shop.movesOf(id)).toEqual(charged)
})

test.each([
  ['a signal', bySignal('reject')],
  ['the API', byApi('reject')],
])('tok_review rejected by %s is cancelled, and the hold let go', async (_, reject) => {
  const before = await units()
  const id = await underReview()
  await reject(id)
  expect(await customer.becomes(id, 'cancelled', 'voided')).toMatchObject({ cancel_reason: 'review_rejected' })
  expect(await shop.movesOf(id)).toEqual(['authorization', 'void'])
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: before, reserved: 0 })
})

test('a manual capture holds the money and takes it at the shipment', async () => {
  customer = await shop.newCustomer()
  const answer = await customer.buy(product, { capture: 'manual' })
  expect(answer).toMatchObject({ status: 201, body: { status: 'paid', payment_status: 'authorized' } })
  expect(await shop.movesOf(answer.body.id)).toEqual(['authorization'])
  const shipped = await shop.staff.ship(answer.body.id)
  expect(shipped).toMatchObject({ status: 201, body: { status: 'shipped', payment_status: 'captured' } })
  expect(await shop.movesOf(answer.body.id)).toEqual(charged)
})

test('afterwards every promise of the shop holds', () => shop.isSound())
