import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ActivityDeps, createActivities } from '../../activities/index.ts'
import { refundWorkflowId, returnRefundIdOf } from '../../domain/ids.ts'
import { deliverUpdate, shipUpdate } from '../../workflows/order.messages.ts'
import { rejectRefundUpdate, resolveRefundSignal } from '../../workflows/refund.messages.ts'
import {
  cancelReturnUpdate,
  denyReturnUpdate,
  retryReturnUpdate,
  returnRequestedUpdate,
} from '../../workflows/return.messages.ts'
import { arrivesLate, type Effect, held, inTurn, isRefused, type Trouble } from '../support/activity-faults.ts'
import { openOrderWorld, type OrderWorld } from '../support/order-world.ts'
import { eventually, type TestOrder, UNITS } from '../support/test-orders.ts'
import type { ReturnWish, TestReturn } from '../support/test-returns.ts'

vi.setConfig({ maxConcurrency: 80 })

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
})
afterAll(() => world?.close())

const PRICE = 1_999

async function deliveredOrder(): Promise<TestOrder> {
  const order = await world.checkOut()
  await world.atRest(order)
  await world.ask(order, shipUpdate, { carrier: 'DHL', tracking_number: 'JD1', by: 'dock' })
  await world.ask(order, deliverUpdate, { by: 'dock' })
  await order.handle.result()
  return order
}

const stands = (each: TestReturn, standing: object) =>
  eventually(async () => expect(await world.returned(each)).toMatchObject(standing), 100)

type Journey = { wish?: ReturnWish; isRefused?: true; go: (each: TestReturn) => Promise<unknown>; end: object }

const journeys = {
  'goods that come in two parcels': {
    go: async (each) => {
      await world.approveReturn(each)
      await world.goodsCome(each, 1, false)
      await world.goodsCome(each, 1)
    },
    end: { return: 'refunded', received: 2, paidBack: 2 * PRICE, payment: 'refunded', onHand: UNITS - 1 },
  },
  'goods of which half come in time': {
    wish: { receiveWithinMs: 6_000 },
    go: async (each) => {
      await world.approveReturn(each)
      await world.goodsCome(each, 1)
    },
    end: { return: 'refunded', received: 1, paidBack: PRICE, payment: 'partially_refunded', onHand: UNITS - 1 },
  },
  'goods that never come': {
    wish: { receiveWithinMs: 300 },
    go: (each) => world.approveReturn(each),
    end: { return: 'expired', received: 0, paidBack: 0, payment: 'captured', onHand: UNITS - 2 },
  },
  'a return that is denied': {
    go: ({ handle }) => handle.executeUpdate(denyReturnUpdate, { args: [{ by: 'manager', reason: 'worn' }] }),
    end: { return: 'denied', payment: 'captured', onHand: UNITS - 2 },
  },
  'a customer who keeps the goods after all': {
    go: async (each) => {
      await world.approveReturn(each)
      await each.handle.executeUpdate(cancelReturnUpdate, { args: [{ by: each.order.userId }] })
    },
    end: { return: 'cancelled', payment: 'captured', onHand: UNITS - 2 },
  },
  'a return that is left undecided': {
    wish: { remindAfterMs: 300, escalateAfterMs: 600 },
    go: async (each) => {
      await stands(each, { needsAttentionOfReturn: 'waits for approve or deny, and nobody has decided' })
      await each.handle.executeUpdate(denyReturnUpdate, { args: [{ by: 'manager' }] })
    },
    end: { return: 'denied', payment: 'captured' },
  },
  'a refund that the gateway refuses, tried again': {
    isRefused: true,
    go: async (each) => {
      await world.approveReturn(each)
      await world.goodsCome(each, 2)
      await stands(each, { return: 'received', needsAttentionOfReturn: expect.stringContaining('the refund failed') })
      world.faults.clear(each.order.orderId, 'payRefund')
      await each.handle.executeUpdate(retryReturnUpdate, { args: [{ by: 'manager' }] })
    },
    end: { return: 'refunded', received: 2, paidBack: 2 * PRICE, payment: 'refunded', onHand: UNITS },
  },
  'a refund that a person left at its refusal, begun again': {
    isRefused: true,
    go: async (each) => {
      await world.approveReturn(each)
      await world.goodsCome(each, 2)
      await stands(each, { needsAttentionOfReturn: expect.stringContaining('the refund failed') })
      const refund = world.client.workflow.getHandle(refundWorkflowId(returnRefundIdOf(each.returnId)))
      await refund.signal(resolveRefundSignal, { action: 'skip', by: 'manager' })
      await stands(each, { needsAttentionOfReturn: expect.stringContaining('its refund is failed') })
      world.faults.clear(each.order.orderId, 'payRefund')
      await each.handle.executeUpdate(retryReturnUpdate, { args: [{ by: 'manager' }] })
    },
    end: { return: 'refunded', received: 2, paidBack: 2 * PRICE, payment: 'refunded', onHand: UNITS },
  },
} satisfies Record<string, Journey>

/** Every effect a return can have, in a journey in which it has it. */
const rows: [Effect, keyof typeof journeys][] = [
  ['openReturn', 'goods that come in two parcels'],
  ['decideReturn', 'a return that is denied'],
  ['receiveReturn', 'goods that come in two parcels'],
  ['oweReturn', 'goods that come in two parcels'],
  ['settleReturn', 'goods that come in two parcels'],
  ['expireReturn', 'goods that never come'],
  ['expireReturn', 'goods of which half come in time'],
  ['cancelReturn', 'a customer who keeps the goods after all'],
  ['remindOfReturn', 'a return that is left undecided'],
  ['flagReturn', 'a refund that the gateway refuses, tried again'],
  ['unflagReturn', 'a refund that a person left at its refusal, begun again'],
  ['payRefund', 'goods that come in two parcels'],
]

test('every effect that a return can have stands in the table', () => {
  const story = readFileSync(new URL('../../workflows/return.ts', import.meta.url), 'utf8')
  const effects = Object.keys(createActivities({} as ActivityDeps)).filter((name) => story.includes(`'${name}'`))
  expect([...new Set(rows.map(([effect]) => effect))].sort()).toEqual([...effects, 'payRefund'].sort())
})

async function travel(journey: Journey, effect: Effect, trouble: Trouble): Promise<TestReturn> {
  const order = await deliveredOrder()
  if (journey.isRefused) world.faults.set(order.orderId, 'payRefund', isRefused)
  world.faults.set(order.orderId, effect, trouble)
  const each = await world.sendBack(order, journey.wish)
  await journey.go(each)
  await each.handle.result()
  return each
}

const standing = async (each: TestReturn) => ({
  ...(await world.returned(each)),
  ...(await world.standing(each.order)),
})

describe.concurrent('an effect fails undone, then done, then does not answer: the return ends as it would have', () => {
  test.each(rows)('%s of %s', async (effect, journey) => {
    const each = await travel(journeys[journey], effect, inTurn)
    expect(await standing(each)).toMatchObject({ needsAttentionOfReturn: null, ...journeys[journey].end })
    expect(world.faults.attempts(each.order.orderId, effect)).toBeGreaterThan(3)
  })
})

describe.concurrent('an attempt that was given up and comes through long afterwards changes nothing', () => {
  test.each(rows)('%s of %s', async (effect, journey) => {
    const late = arrivesLate()
    const each = await travel(journeys[journey], effect, late.trouble)
    const before = await standing(each)
    expect(before).toMatchObject(journeys[journey].end)
    await late.arrive()
    expect(await standing(each)).toEqual(before)
  })
})

test.concurrent('a return that was refused is not opened by an attempt of it that comes through once it could be', async () => {
  const order = await deliveredOrder()
  const late = arrivesLate()
  world.faults.set(order.orderId, 'openReturn', late.trouble)
  const refused = await world.sendBack(order)
  await eventually(() => expect(late.isWaiting()).toBe(true))
  const granted = await world.sendBack(order)
  await stands(granted, { return: 'requested' })
  expect(await refused.handle.result()).toMatchObject({ status: 'refused', problem: 'return_exceeds_bought' })
  await granted.handle.executeUpdate(denyReturnUpdate, { args: [{ by: 'manager', reason: 'worn' }] })
  await late.arrive()
  expect(await world.returned(refused)).toMatchObject({ return: 'none' })
})

test.concurrent('a return whose refund was refused while another held the money is paid back when it is retried', async () => {
  const order = await deliveredOrder()
  const each = await world.sendBack(order)
  await world.approveReturn(each)
  const approval = { limitMinor: 0, withinMs: 30 * 86_400_000, deadlineMs: 14 * 86_400_000 }
  const other = await world.refund(order, { approval })
  await eventually(async () => expect((await world.refundRow(other))?.status).toBe('pending_approval'), 100)
  await world.goodsCome(each, 2)
  await stands(each, { needsAttentionOfReturn: expect.stringContaining('its refund is refused') })
  await other.handle.executeUpdate(rejectRefundUpdate, { args: [{ by: 'manager', reason: 'the goods came' }] })
  await each.handle.executeUpdate(retryReturnUpdate, { args: [{ by: 'manager' }] })
  await stands(each, { return: 'refunded', paidBack: 2 * PRICE, needsAttentionOfReturn: null })
})

describe.concurrent('what is asked while something else is done', () => {
  test('of two returns of all units at the same moment one is opened', async () => {
    const order = await deliveredOrder()
    const both = await Promise.all([world.sendBack(order), world.sendBack(order)])
    const outcomes = await Promise.allSettled(
      both.map(({ handle }) => handle.executeUpdate(returnRequestedUpdate, { args: [] })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('of a refund and a return of the same unit at the same moment one is granted', async () => {
    const order = await deliveredOrder()
    const items = [{ productId: order.productId, quantity: 2, restock: true }]
    const [each, refund] = await Promise.all([world.sendBack(order), world.refund(order, { items })])
    const [opened, refunded] = await Promise.all([
      each.handle.executeUpdate(returnRequestedUpdate, { args: [] }).catch(() => 'refused'),
      refund.handle.result(),
    ])
    expect([
      ['requested', 'refused'],
      ['refused', 'succeeded'],
    ]).toContainEqual([opened, refunded.status])
  })

  test('goods that come while the customer changes their mind are counted in, and the money goes back', async () => {
    const order = await deliveredOrder()
    const trouble = held('patient')
    world.faults.set(order.orderId, 'receiveReturn', trouble.trouble)
    const each = await world.sendBack(order)
    await world.approveReturn(each)
    const came = world.goodsCome(each, 2)
    await trouble.reached
    const cancelled = each.handle.executeUpdate(cancelReturnUpdate, { args: [{ by: 'customer' }] })
    trouble.release()
    expect((await Promise.allSettled([came, cancelled])).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(await each.handle.result()).toMatchObject({ status: 'refunded' })
  })

  test('an engine that is told to cancel gives up what has not come, and nothing that has', async () => {
    const [waiting, come] = await Promise.all([
      deliveredOrder().then((order) => world.sendBack(order)),
      deliveredOrder().then((order) => world.sendBack(order)),
    ])
    await world.approveReturn(come)
    await world.goodsCome(come, 1)
    await Promise.all([waiting.handle.cancel(), come.handle.cancel()])
    expect(await waiting.handle.result()).toMatchObject({ status: 'cancelled' })
    await world.goodsCome(come, 1)
    expect(await come.handle.result()).toMatchObject({ status: 'refunded' })
  })
})

test('after all of it, no promise is broken', async () => {
  expect(await world.brokenInvariants()).toEqual([])
})
