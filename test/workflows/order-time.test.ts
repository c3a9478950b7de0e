import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { approveUpdate, deliverUpdate, shipUpdate } from '../../workflows/order.messages.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { eventually, type TestOrder, UNITS } from '../support/test-orders.ts'
import { openTimeSkippingServer, type TimeSkippingEngine } from '../support/time-skipping-server.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let world: OrderWorld
let skip: TimeSkippingEngine['skip']
beforeAll(async () => {
  const engine = await openTimeSkippingServer()
  skip = (milliseconds) => engine.skip(milliseconds)
  world = await openOrderWorld({ engine: async () => engine })
})
afterEach(() => gatewayIsBack())
afterAll(() => world?.close())

const untouched = { onHand: UNITS, reserved: 0 }
const sold = { onHand: UNITS - 2, reserved: 0 }

const settle = (order: TestOrder, standing: object) =>
  eventually(async () => expect(await world.standing(order)).toMatchObject(standing))

const waitingForCustomer = async () => {
  const order = await world.checkOut({ token: 'tok_3ds' })
  await settle(order, { payment: 'requires_action', reserved: 2 })
  await world.atRest(order)
  return order
}

const waitingForReview = async () => {
  const order = await world.checkOut({ token: 'tok_review' })
  await settle(order, { payment: 'authorized', reserved: 2, gateway: ['authorization'] })
  await world.atRest(order)
  return order
}

/** The gateway does nothing of this kind until it is back. */
const gatewayIsAway = (...operations: string[]) =>
  Promise.all(
    operations.map((operation) => world.sandbox.scriptFault({ operation, mode: 'error_before', times: 10_000 })),
  )
const gatewayIsBack = () => fetch(new URL('/v1/faults', world.sandbox.url), { method: 'DELETE' })

test('a customer who never confirms the payment loses the order after fifteen minutes, and nothing stays held', async () => {
  const order = await waitingForCustomer()
  const action = (await world.row(order)).nextAction
  await skip(14 * minute)
  expect(await world.standing(order)).toMatchObject({ status: 'pending', payment: 'requires_action', reserved: 2 })
  await skip(2 * minute)
  expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'payment_action_expired' })
  expect(await world.standing(order)).toMatchObject({
    status: 'cancelled',
    payment: 'voided',
    gateway: [],
    ...untouched,
  })
  const late = await world.sandbox.post(`/v1/payment_intents/${action?.payment_intent_id}/confirm_action`, {
    outcome: 'succeed',
  })
  expect(late.status).toBe(409)
})

test('a customer who confirms in the last minute gets the order', async () => {
  const order = await waitingForCustomer()
  await skip(14.5 * minute)
  await world.customerAnswers(order, 'succeed')
  await settle(order, { status: 'paid', payment: 'captured', gateway: ['authorization', 'capture'], ...sold })
})

test('a confirmation whose notice was lost is found at the deadline', async () => {
  const order = await waitingForCustomer()
  await world.customerAnswers(order, 'succeed', { notice: false })
  await skip(15 * minute)
  await settle(order, { status: 'paid', payment: 'captured', gateway: ['authorization', 'capture'], ...sold })
})

test('a confirmation is waited for while the gateway is away at the deadline', async () => {
  const order = await waitingForCustomer()
  await gatewayIsAway('read')
  await world.customerAnswers(order, 'succeed', { notice: false })
  await skip(hour)
  expect(await world.standing(order)).toMatchObject({ status: 'pending', reserved: 2 })
  await gatewayIsBack()
  await skip(6 * minute)
  await settle(order, { status: 'paid', payment: 'captured', ...sold })
})

test('an order that nobody reviews within a day is cancelled, and its hold is let go', async () => {
  const order = await waitingForReview()
  await skip(23 * hour)
  expect(await world.standing(order)).toMatchObject({ status: 'pending', payment: 'authorized', reserved: 2 })
  await skip(2 * hour)
  expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'review_expired' })
  expect(await world.standing(order)).toMatchObject({
    ...{ payment: 'voided', gateway: ['authorization', 'void'], ...untouched },
  })
})

test('an order that is approved after 23 hours is paid', async () => {
  const order = await waitingForReview()
  await skip(23 * hour)
  await world.ask(order, approveUpdate, { by: 'reviewer' })
  await settle(order, { status: 'paid', payment: 'captured', ...sold })
})

test('a capture that does not succeed calls a person after two minutes, is tried on for an hour, and calls off', async () => {
  const order = await world.prepare()
  await gatewayIsAway('capture')
  await world.start(order)
  await settle(order, { status: 'paid', payment: 'authorized' })
  await skip(minute)
  expect(await world.standing(order)).toMatchObject({ needsAttention: null })
  await skip(2 * minute)
  expect(await world.calledForAttention(order)).toMatch(/take the money.*still being tried/i)
  await skip(hour)
  expect(await world.standing(order)).toMatchObject({ status: 'paid', payment: 'authorized', ...sold })
  await gatewayIsBack()
  await skip(6 * minute)
  await settle(order, { payment: 'captured', gateway: ['authorization', 'capture'], needsAttention: null })
})

test('an order whose payment is not decided within fifteen minutes is given up, and undone when the gateway is back', async () => {
  const order = await world.prepare()
  await gatewayIsAway('authorize', 'read', 'close')
  await world.start(order)
  await settle(order, { status: 'pending', reserved: 2 })
  await skip(19 * minute)
  expect(await world.calledForAttention(order)).toMatch(/money back.*still being tried/i)
  await gatewayIsBack()
  await skip(6 * minute)
  expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'payment_unavailable' })
  expect(await world.standing(order)).toMatchObject({
    payment: 'failed',
    needsAttention: null,
    gateway: [],
    ...untouched,
  })
})

test('a paid order waits thirty days for its shipment', async () => {
  const order = await world.checkOut({ capture: 'manual' })
  await settle(order, { status: 'paid', payment: 'authorized' })
  await skip(30 * day)
  expect(await world.standing(order)).toMatchObject({ status: 'paid', payment: 'authorized' })
  expect(await world.ask(order, shipUpdate, { carrier: 'Test Post', tracking_number: 'TP-1' })).toBe('shipped')
  await skip(30 * day)
  expect(await world.ask(order, deliverUpdate, {})).toBe('delivered')
  expect(await world.standing(order)).toMatchObject({ status: 'delivered', payment: 'captured', ...sold })
})

test('after all of it, no promise about stock, money, orders and events is broken', async () => {
  expect(await world.brokenTasks()).toEqual([])
  expect(await world.brokenInvariants()).toEqual([])
})
