import { randomUUID } from 'node:crypto'
import Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createPaymentGateway,
  GatewayRefused,
  type PaymentGateway,
  type PaymentNotice,
} from '../../gateways/payment/index.ts'
import { GatewayUnavailable } from '../../gateways/unavailable.ts'
import { type GatewayUnderTest, paymentContract } from './payment-contract.ts'
import { openStripeDouble } from './stripe-double.ts'
import { chargeJson, type FakeIntent, intentJson } from './stripe-shapes.ts'

const webhookSecret = 'whsec_only_for_the_tests'

type StripeDouble = Awaited<ReturnType<typeof openStripeDouble>>

const gatewayAt = (apiBase: string, returnUrl?: string): PaymentGateway =>
  createPaymentGateway({
    kind: 'stripe',
    apiKey: 'sk_test_1',
    webhookSecret,
    apiBase,
    timeoutMs: 800,
    ...(returnUrl && { returnUrl }),
  })

const paths = {
  authorize: /payment_intents$/,
  capture: /capture$/,
  void: /cancel$/,
  refund: /refunds$/,
}

paymentContract('Stripe', async (): Promise<GatewayUnderTest> => {
  const stripe = await openStripeDouble()
  const of = (orderId: string) => [...stripe.intents.values()].filter(({ metadata }) => metadata.order_id === orderId)
  return {
    gateway: gatewayAt(stripe.url, 'https://shop.example/return'),
    tokens: {
      good: 'pm_card_visa',
      declined: 'pm_card_visa_chargeDeclined',
      insufficientFunds: 'pm_card_visa_chargeDeclinedInsufficientFunds',
      customerAction: 'pm_card_authenticationRequired',
      risky: 'pm_card_riskLevelElevated',
    },
    loseNextAnswer: async (operation) => stripe.pull('lose', paths[operation]),
    failNext: async (operation) => stripe.pull('fail', paths[operation]),
    async answerAction(intentId, outcome) {
      const intent = stripe.intents.get(intentId) as FakeIntent
      intent.status = outcome === 'succeed' ? 'requires_capture' : 'requires_payment_method'
      if (outcome === 'fail') intent.failure = { code: 'payment_intent_authentication_failure' }
    },
    countAuthorizations: async (orderId) => of(orderId).filter(({ riskScore }) => riskScore !== undefined).length,
    countCaptures: async (orderId) => of(orderId).filter(({ captured }) => captured > 0).length,
    countRefunds: async (orderId) => stripe.refunds.filter(({ intent }) => intent.metadata.order_id === orderId).length,
    notice: async (type, intentId, options) => signed(event(type, stripe.intents.get(intentId) as FakeIntent), options),
    close: stripe.close,
  }
})

describe('Stripe', () => {
  let stripe: StripeDouble
  let gateway: PaymentGateway
  beforeAll(async () => {
    stripe = await openStripeDouble()
    gateway = gatewayAt(stripe.url)
  })
  afterAll(() => stripe.close())

  const newOrder = () => {
    const orderId = `ord_${randomUUID()}`
    return { orderId, key: `${orderId}:authorize`, amountMinor: 2_500, currency: 'USD', token: 'pm_card_visa' }
  }

  test('a payment the search does not show yet is still found by its key', async () => {
    const order = newOrder()
    const held = await gateway.authorize(order)
    stripe.searchIsBehind = true
    expect(await gateway.findIntentByKey(order.key)).toMatchObject({ id: held.id })
    stripe.searchIsBehind = false
    stripe.searchIsOffered = false
    expect(await gateway.closeKey(order.key)).toMatchObject({ id: held.id })
    stripe.searchIsOffered = true
  })

  test('a used key whose payment cannot be seen is never reported as unused', async () => {
    const order = newOrder()
    const held = await gateway.authorize(order)
    stripe.intents.delete(held.id)
    await expect(gateway.closeKey(order.key)).rejects.toThrow(GatewayUnavailable)
  })

  test('a closed key leaves nothing open at Stripe', async () => {
    const order = newOrder()
    await gateway.closeKey(order.key)
    const placeholder = [...stripe.intents.values()].at(-1)
    expect(placeholder).toMatchObject({ status: 'canceled', metadata: { closed_idempotency_key: order.key } })
    await expect(gateway.getIntent(placeholder?.id as string)).rejects.toThrow(GatewayRefused)
  })

  test('an order key with quotes in it finds its own payment only', async () => {
    const order = { ...newOrder(), key: `odd "key\\" ${randomUUID()}` }
    const held = await gateway.authorize(order)
    expect(await gateway.findIntentByKey(order.key)).toMatchObject({ id: held.id })
  })

  test('too many requests or a wrong API key keep orders waiting instead of failing them', async () => {
    stripe.isRateLimited = true
    await expect(gateway.authorize(newOrder())).rejects.toThrow(GatewayUnavailable)
    stripe.isRateLimited = false
    stripe.isKeyWrong = true
    await expect(gateway.authorize(newOrder())).rejects.toThrow(GatewayUnavailable)
    stripe.isKeyWrong = false
  })

  test('an unknown payment method is refused for good', async () => {
    await expect(gateway.authorize({ ...newOrder(), token: 'pm_unknown' })).rejects.toMatchObject({
      code: 'resource_missing',
    })
  })

  test('currencies that Stripe counts in other units are refused before anything is charged', async () => {
    const refused = gateway.authorize({ ...newOrder(), currency: 'ISK' })
    await expect(refused).rejects.toMatchObject({ name: 'GatewayRefused', code: 'currency_not_supported' })
  })

  test('letting go of a hold is not taken for a refund', async () => {
    const order = newOrder()
    const { id } = await gateway.authorize(order)
    await gateway.void({ key: `${order.orderId}:void`, intentId: id })
    const letter = signed(event('payment.refunded', stripe.intents.get(id) as FakeIntent, { refundedBefore: 0 }))
    expect(gateway.readNotice(letter.body, letter.headers)).toBeUndefined()
  })

  test('a second refund is told with its own amount, not with the sum', async () => {
    const order = newOrder()
    const { id } = await gateway.authorize(order)
    await gateway.capture({ key: `${order.orderId}:capture`, intentId: id, amountMinor: 2_500 })
    await gateway.refund({ key: `${order.orderId}:refund:1`, intentId: id, amountMinor: 1_000 })
    await gateway.refund({ key: `${order.orderId}:refund:2`, intentId: id, amountMinor: 300 })
    const letter = signed(event('payment.refunded', stripe.intents.get(id) as FakeIntent, { refundedBefore: 1_000 }))
    expect(gateway.readNotice(letter.body, letter.headers)).toMatchObject({ amountMinor: 300, orderId: order.orderId })
  })
})

function event(type: PaymentNotice['type'] | 'unheard_of', intent: FakeIntent, { refundedBefore = 0 } = {}): object {
  const captured = { ...intent, captured: intent.amount }
  const held = { ...intent, captured: 0, status: 'requires_capture' as const }
  const refunded = { ...captured, refunded: 900, status: 'succeeded' as const }
  const charge = chargeJson(intent.refunded > 0 || intent.status === 'canceled' ? intent : refunded)
  const dispute = {
    id: 'dp_1',
    object: 'dispute',
    amount: intent.amount,
    charge: `ch_${intent.id}`,
    currency: intent.currency,
    metadata: {},
    payment_intent: intent.id,
    reason: 'fraudulent',
    status: 'needs_response',
  }
  const events: Record<string, [type: string, data: object]> = {
    'payment.authorized': ['payment_intent.amount_capturable_updated', { object: intentJson(held, false) }],
    'payment.declined': ['payment_intent.payment_failed', { object: intentJson(intent, false) }],
    'payment.captured': ['payment_intent.succeeded', { object: intentJson(captured, false) }],
    'payment.voided': ['payment_intent.canceled', { object: intentJson(intent, false) }],
    'payment.refunded': [
      'charge.refunded',
      { object: charge, previous_attributes: { amount_refunded: refundedBefore } },
    ],
    'payment.disputed': ['charge.dispute.created', { object: dispute }],
    'payment.dispute_won': ['charge.dispute.closed', { object: { ...dispute, status: 'won' } }],
    'payment.dispute_lost': ['charge.dispute.closed', { object: { ...dispute, status: 'lost' } }],
    unheard_of: ['payment_intent.created', { object: intentJson(intent, false) }],
  }
  const [stripeType, data] = events[type] as [string, object]
  const created = Math.floor(Date.now() / 1_000)
  return {
    id: 'evt_1',
    object: 'event',
    api_version: Stripe.API_VERSION,
    created,
    data,
    livemode: false,
    type: stripeType,
  }
}

function signed(payload: object, { ageSeconds = 0, forged = false } = {}): { body: string; headers: Headers } {
  const body = JSON.stringify(payload)
  const signature = new Stripe('sk_test_1').webhooks.generateTestHeaderString({
    payload: body,
    secret: forged ? 'whsec_of_somebody_else' : webhookSecret,
    timestamp: Math.floor(Date.now() / 1_000) - ageSeconds,
  })
  return { body, headers: new Headers({ 'stripe-signature': signature }) }
}
