import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ActivityDeps, createActivities } from '../../activities/index.ts'
import {
  approveUpdate,
  cancelUpdate,
  deliverUpdate,
  resolveSignal,
  shipUpdate,
} from '../../workflows/order.messages.ts'
import { arrivesLate, type Effect, isRefused, type Trouble, troubles } from '../support/activity-faults.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { type CheckoutWish, type TestOrder, UNITS } from '../support/test-orders.ts'

// Each case is one order that waits for the time-outs of the product; they wait side by side.
vi.setConfig({ maxConcurrency: 80 })

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
  await world.sandbox.patchSettings({ dispute_delay_ms: 0 })
})
afterAll(() => world?.close())

type Journey = { wish?: CheckoutWish; go?: (order: TestOrder) => Promise<unknown>; end: object }

const sold = { onHand: UNITS - 2, reserved: 0 }
const untouched = { onHand: UNITS, reserved: 0 }
const parcel = { carrier: 'Test Post', tracking_number: 'TP-1' }

const journeys = {
  'a paid order': {
    end: { status: 'paid', payment: 'captured', gateway: ['authorization', 'capture'], ...sold, workflow: 'RUNNING' },
  },
  'an order whose customer confirms the payment': {
    wish: { token: 'tok_3ds' },
    go: (order) => world.customerAnswers(order, 'succeed'),
    end: { status: 'paid', payment: 'captured', gateway: ['authorization', 'capture'], ...sold },
  },
  'an order that a reviewer approves': {
    wish: { token: 'tok_review' },
    go: (order) => world.ask(order, approveUpdate, { by: 'reviewer', reason: 'known' }),
    end: { status: 'paid', payment: 'captured', gateway: ['authorization', 'capture'], ...sold },
  },
  'an order that is captured at shipment and delivered': {
    wish: { capture: 'manual' },
    go: async (order) => {
      await world.ask(order, shipUpdate, parcel)
      await world.ask(order, deliverUpdate, {})
    },
    end: {
      status: 'delivered',
      payment: 'captured',
      gateway: ['authorization', 'capture'],
      ...sold,
      workflow: 'COMPLETED',
    },
  },
  'an order of more than there is': {
    wish: { quantity: UNITS + 1 },
    end: { status: 'none', gateway: [], ...untouched, workflow: 'COMPLETED' },
  },
  'a paid order that is cancelled': {
    go: (order) => world.ask(order, cancelUpdate, { by: 'customer', reason: 'changed my mind' }),
    end: {
      ...{ status: 'cancelled', payment: 'refunded', reason: 'cancelled_by_customer' },
      ...{ gateway: ['authorization', 'capture', 'refund'], ...untouched, workflow: 'COMPLETED' },
    },
  },
  'a held order that is cancelled': {
    wish: { capture: 'manual' },
    go: (order) => world.ask(order, cancelUpdate, {}),
    end: { status: 'cancelled', payment: 'voided', gateway: ['authorization', 'void'], ...untouched },
  },
  'a declined order': {
    wish: { token: 'tok_declined' },
    end: { status: 'cancelled', payment: 'failed', reason: 'payment_declined', gateway: [], ...untouched },
  },
  'an order whose payment is disputed': {
    wish: { token: 'tok_late_decline' },
    go: (order) => world.bankDisputes(order),
    end: {
      ...{ status: 'paid', payment: 'captured', needsAttention: 'payment disputed', ...sold },
      gateway: ['authorization', 'capture', 'dispute'],
    },
  },
  'an order whose dispute is won': {
    wish: { token: 'tok_late_decline' },
    go: async (order) => {
      await world.bankDisputes(order)
      await world.bankDecides(order, 'won')
    },
    end: {
      ...{ status: 'paid', payment: 'captured', needsAttention: null, ...sold },
      gateway: ['authorization', 'capture', 'dispute', 'reinstatement'],
    },
  },
  'an order whose refund is refused until a person has seen to it': {
    go: async (order) => {
      world.faults.set(order.orderId, 'reversePayment', isRefused)
      const cancelled = world.ask(order, cancelUpdate, {})
      expect(await world.calledForAttention(order)).toContain('refused')
      world.faults.clear(order.orderId, 'reversePayment')
      await order.handle.signal(resolveSignal, { action: 'retry', by: 'operator' })
      await cancelled
    },
    end: { status: 'cancelled', payment: 'refunded', needsAttention: null, ...untouched },
  },
} satisfies Record<string, Journey>

/** Every effect an order can have, in the journeys in which it has it. */
const rows: [Effect, keyof typeof journeys][] = [
  ['placeOrder', 'a paid order'],
  ['placeOrder', 'an order of more than there is'],
  ['authorizePayment', 'a paid order'],
  ['authorizePayment', 'a declined order'],
  ['requireCustomerAction', 'an order whose customer confirms the payment'],
  ['checkPayment', 'an order whose customer confirms the payment'],
  ['requireReview', 'an order that a reviewer approves'],
  ['recordDecision', 'an order that a reviewer approves'],
  ['payOrder', 'a paid order'],
  ['payOrder', 'an order that a reviewer approves'],
  ['confirmOrder', 'an order that is captured at shipment and delivered'],
  ['capturePayment', 'an order that is captured at shipment and delivered'],
  ['publishEvents', 'an order that is captured at shipment and delivered'],
  ['recordShipment', 'an order that is captured at shipment and delivered'],
  ['recordDelivery', 'an order that is captured at shipment and delivered'],
  ['recordDispute', 'an order whose payment is disputed'],
  ['recordDisputeEnd', 'an order whose dispute is won'],
  ['reversePayment', 'a paid order that is cancelled'],
  ['reversePayment', 'a held order that is cancelled'],
  ['reversePayment', 'a declined order'],
  ['cancelOrder', 'a paid order that is cancelled'],
  ['flagAttention', 'an order whose refund is refused until a person has seen to it'],
  ['clearAttention', 'an order whose refund is refused until a person has seen to it'],
]

const cases = rows.flatMap(([effect, journey]) => troubles.map((each) => ({ effect, journey, ...each })))

test('every effect that an order can have stands in the table', () => {
  const folder = new URL('../../workflows/', import.meta.url)
  const stories = readdirSync(folder).filter((name) => name.startsWith('order'))
  const sources = stories.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  const effects = Object.keys(createActivities({} as ActivityDeps)).filter((name) =>
    new RegExp(`\\b${name}\\b`).test(sources),
  )
  expect([...new Set(rows.map(([effect]) => effect))].sort()).toEqual(effects.sort())
})

async function travel(journey: Journey, effect: Effect, trouble: Trouble): Promise<TestOrder> {
  const order = await world.checkOut({ ...journey.wish, troubles: { [effect]: trouble } })
  await world.atRest(order)
  await journey.go?.(order)
  await world.atRest(order)
  return order
}

describe.concurrent('whatever goes wrong with one effect, the order ends as it would have', () => {
  test.each(cases)('$journey: $effect $fault, $extent', async ({ effect, journey, extent, trouble }) => {
    const order = await travel(journeys[journey], effect, trouble)
    expect(await world.standing(order)).toMatchObject(journeys[journey].end)
    expect(world.faults.attempts(order.orderId, effect)).toBeGreaterThan(extent === 'once' ? 1 : 2)
  })
})

describe.concurrent('an attempt that was given up and comes through long afterwards changes nothing', () => {
  test.each(rows.map(([effect, journey]) => ({ effect, journey })))(
    '$journey: $effect',
    async ({ effect, journey }) => {
      const late = arrivesLate()
      const order = await travel(journeys[journey], effect, late.trouble)
      const before = await world.standing(order)
      expect(before).toMatchObject(journeys[journey].end)
      await late.arrive()
      expect(await world.standing(order)).toEqual(before)
    },
  )
})

test('after all of it, no promise about stock, money, orders and events is broken', async () => {
  expect(await world.brokenTasks()).toEqual([])
  expect(await world.brokenInvariants()).toEqual([])
})
