import { readFileSync } from 'node:fs'
import { WorkflowNotFoundError } from '@temporalio/client'
import type { UpdateDefinition } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ActivityDeps, createActivities } from '../../activities/index.ts'
import { refundKey } from '../../domain/ids.ts'
import type { RefundStatus } from '../../domain/refund.ts'
import { cancelUpdate, deliverUpdate, shipUpdate } from '../../workflows/order.messages.ts'
import {
  approveRefundSignal,
  approveRefundUpdate,
  rejectRefundUpdate,
  requestedUpdate,
  resolveRefundSignal,
  resolveRefundUpdate,
} from '../../workflows/refund.messages.ts'
import { arrivesLate, type Effect, held, isRefused, type Trouble, troubles } from '../support/activity-faults.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { eventually, type TestOrder, UNITS } from '../support/test-orders.ts'
import { type RefundAsked, staff, type TestRefund } from '../support/test-refunds.ts'

vi.setConfig({ maxConcurrency: 80 })

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
  await world.sandbox.patchSettings({ dispute_delay_ms: 0 })
})
afterAll(() => world?.close())

const PRICE = 1_999
const manager = 'usr_manager'
const big = { approval: { limitMinor: 0, withinMs: 30 * 86_400_000, deadlineMs: 14 * 86_400_000 } }

async function paidOrder(wish: Parameters<OrderWorld['checkOut']>[0] = {}): Promise<TestOrder> {
  const order = await world.checkOut(wish)
  await world.atRest(order)
  return order
}

const line = (order: TestOrder, quantity: number, restock: boolean) => [
  { productId: order.productId, quantity, restock },
]

/** What whoever asked for it hears. */
async function outcomeOf({ handle }: TestRefund): Promise<string> {
  try {
    return await handle.executeUpdate(requestedUpdate, { args: [] })
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
    const { status } = await handle.result()
    if (status === 'refused') throw Object.assign(error, { cause: { type: 'refund_exceeds_captured' } })
    return status
  }
}

/** Asked again while the workflow is behind what it wrote, as the API does. */
const decided = <Request>({ handle }: TestRefund, update: UpdateDefinition<RefundStatus, [Request]>, said: Request) =>
  eventually(() => handle.executeUpdate(update, { args: [said] }), 200)

const statusOf = async (refund: TestRefund) => (await world.refundRow(refund))?.status ?? 'none'
const waits = (refund: TestRefund, status: string) =>
  eventually(async () => expect(await statusOf(refund)).toBe(status), 100)
const timelineOf = async ({ orderId }: TestOrder) =>
  (await world.database.query('select what from order_timeline where order_id = $1 order by id', [orderId])).rows.map(
    ({ what }) => what as string,
  )

type Journey = { asked?: (order: TestOrder) => RefundAsked; go?: (refund: TestRefund) => Promise<unknown>; end: object }

const journeys = {
  'a refund by amount': {
    asked: () => ({ amountMinor: 500 }),
    end: {
      refund: 'succeeded',
      payment: 'partially_refunded',
      gateway: ['authorization', 'capture', 'refund'],
      onHand: UNITS - 2,
    },
  },
  'a refund of one of two units, put back': {
    asked: (order) => ({ items: line(order, 1, true) }),
    end: { refund: 'succeeded', payment: 'partially_refunded', onHand: UNITS - 1 },
  },
  'a refund of everything': {
    end: { refund: 'succeeded', payment: 'refunded', onHand: UNITS - 2 },
  },
  'a refund that a manager approves': {
    asked: () => big,
    go: async (refund) => {
      await waits(refund, 'pending_approval')
      await decided(refund, approveRefundUpdate, { by: manager })
    },
    end: { refund: 'succeeded', payment: 'refunded' },
  },
  'a refund that a manager rejects': {
    asked: () => big,
    go: async (refund) => {
      await waits(refund, 'pending_approval')
      await decided(refund, rejectRefundUpdate, { by: manager, reason: 'worn' })
    },
    end: { refund: 'rejected', payment: 'captured', gateway: ['authorization', 'capture'] },
  },
  'a refund that is left undecided': {
    asked: () => ({
      approval: { ...big.approval, deadlineMs: 3_000 },
      remindAfterMs: 500,
      escalateAfterMs: 1_000,
    }),
    end: { refund: 'rejected', payment: 'captured', gateway: ['authorization', 'capture'] },
  },
  'a refund that the gateway refuses, tried again': {
    go: async (refund) => {
      await waits(refund, 'failed')
      world.faults.clear(refund.order.orderId, 'payRefund')
      await decided(refund, resolveRefundUpdate, { action: 'retry', by: manager })
    },
    end: { refund: 'succeeded', payment: 'refunded', gateway: ['authorization', 'capture', 'refund'] },
  },
  'a refund that the gateway refuses, left at that': {
    go: async (refund) => {
      await waits(refund, 'failed')
      await decided(refund, resolveRefundUpdate, { action: 'skip', by: manager })
    },
    end: { refund: 'failed', payment: 'captured', gateway: ['authorization', 'capture'] },
  },
} satisfies Record<string, Journey>

/** Every effect a refund can have, in the journeys in which it has it. */
const rows: [Effect, keyof typeof journeys][] = [
  ['holdRefund', 'a refund by amount'],
  ['holdRefund', 'a refund that a manager approves'],
  ['payRefund', 'a refund by amount'],
  ['payRefund', 'a refund of everything'],
  ['settleRefund', 'a refund of one of two units, put back'],
  ['settleRefund', 'a refund of everything'],
  ['decideRefund', 'a refund that a manager approves'],
  ['decideRefund', 'a refund that a manager rejects'],
  ['remindOfRefund', 'a refund that is left undecided'],
  ['flagRefund', 'a refund that is left undecided'],
  ['dropRefund', 'a refund that the gateway refuses, tried again'],
  ['holdRefundAgain', 'a refund that the gateway refuses, tried again'],
  ['unflagRefund', 'a refund that the gateway refuses, left at that'],
  ['publishEvents', 'a refund by amount'],
]

const cases = rows.flatMap(([effect, journey]) => troubles.map((each) => ({ effect, journey, ...each })))

test('every effect that a refund can have stands in the table', () => {
  const story = readFileSync(new URL('../../workflows/refund.ts', import.meta.url), 'utf8')
  const effects = Object.keys(createActivities({} as ActivityDeps)).filter((name) =>
    new RegExp(`'${name}'`).test(story),
  )
  expect([...new Set(rows.map(([effect]) => effect))].sort()).toEqual([...effects, 'publishEvents'].sort())
})

async function travel(journey: Journey, name: string, effect: Effect, trouble: Trouble): Promise<TestRefund> {
  const order = await paidOrder()
  if (name.includes('refuses')) world.faults.set(order.orderId, 'payRefund', isRefused)
  world.faults.set(order.orderId, effect, trouble)
  const refund = await world.refund(order, journey.asked?.(order))
  await journey.go?.(refund)
  await refund.handle.result()
  return refund
}

const standing = async (refund: TestRefund) => ({
  refund: await statusOf(refund),
  needsAttentionOfRefund: (await world.refundRow(refund))?.needsAttention,
  ...(await world.standing(refund.order)),
})

describe.concurrent('whatever goes wrong with one effect, the refund ends as it would have', () => {
  test.each(cases)('$journey: $effect $fault, $extent', async ({ effect, journey, extent, trouble }) => {
    const refund = await travel(journeys[journey], journey, effect, trouble)
    expect(await standing(refund)).toMatchObject({ needsAttentionOfRefund: null, ...journeys[journey].end })
    // A busy machine may lose a whole task after the effect. The next one claims again, finds it settled and asks no more.
    const attempts = (of: Effect) => world.faults.attempts(refund.order.orderId, of)
    const isLost = effect === 'settleRefund' && attempts('holdRefund') > 1
    expect(attempts(effect)).toBeGreaterThan(isLost ? 0 : extent === 'once' ? 1 : 2)
  })
})

describe.concurrent('an attempt that was given up and comes through long afterwards changes nothing', () => {
  test.each(rows.map(([effect, journey]) => ({ effect, journey })))(
    '$journey: $effect',
    async ({ effect, journey }) => {
      const late = arrivesLate()
      const refund = await travel(journeys[journey], journey, effect, late.trouble)
      const before = await standing(refund)
      expect(before).toMatchObject(journeys[journey].end)
      await late.arrive()
      expect(await standing(refund)).toEqual(before)
    },
  )
})

test.concurrent('a refund that was refused holds no money by an attempt of it that comes through once it could', async () => {
  const order = await paidOrder()
  const late = arrivesLate()
  world.faults.set(order.orderId, 'holdRefund', late.trouble)
  const refused = await world.refund(order)
  await eventually(() => expect(late.isWaiting()).toBe(true))
  const granted = await world.refund(order, big)
  await waits(granted, 'pending_approval')
  expect(await refused.handle.result()).toMatchObject({ status: 'refused', problem: 'refund_exceeds_captured' })
  await decided(granted, rejectRefundUpdate, { by: manager, reason: 'worn' })
  await late.arrive()
  expect([await statusOf(refused), await world.standing(order)]).toMatchObject(['none', { payment: 'captured' }])
})

test.concurrent('a retry that was refused claims no money by an attempt of it that comes through once it could', async () => {
  const order = await paidOrder()
  world.faults.set(order.orderId, 'payRefund', isRefused)
  const refund = await world.refund(order)
  await waits(refund, 'failed')
  const other = await world.refund(order, big)
  await waits(other, 'pending_approval')
  const late = arrivesLate()
  world.faults.set(order.orderId, 'holdRefundAgain', late.trouble)
  const retry = { action: 'retry', by: manager } as const
  await refund.handle.signal(resolveRefundSignal, retry)
  await eventually(async () => expect((await world.refundRow(refund))?.attempt).toBe(2), 200)
  await decided(other, rejectRefundUpdate, { by: manager, reason: 'worn' })
  await late.arrive()
  expect([await statusOf(refund), await world.standing(order)]).toMatchObject(['failed', { payment: 'captured' }])
  world.faults.clear(order.orderId, 'payRefund')
  await decided(refund, resolveRefundUpdate, retry)
  expect(await refund.handle.result()).toMatchObject({ status: 'succeeded' })
  expect(await world.standing(order)).toMatchObject({ payment: 'refunded' })
})

describe.concurrent('no more goes back than was taken', () => {
  test('a refund of a checkout that was refused as sold out is refused too, and not tried for ever', async () => {
    const soldOut = await paidOrder({ quantity: UNITS + 1 })
    await expect(outcomeOf(await world.refund(soldOut))).rejects.toMatchObject({
      cause: { type: 'refund_exceeds_captured' },
    })
  })

  test('of two refunds of everything at the same moment one succeeds and the other is refused', async () => {
    const order = await paidOrder()
    const refunds = await Promise.all([world.refund(order), world.refund(order)])
    const outcomes = await Promise.allSettled(refunds.map(outcomeOf))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const [refused] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(refused.cause.type).toBe('refund_exceeds_captured')
    expect(await world.standing(order)).toMatchObject({ payment: 'refunded' })
  })

  test('of twenty refunds of three tenths each at once three succeed', async () => {
    const order = await paidOrder({ priceMinor: 500 })
    const refunds = await Promise.all(Array.from({ length: 20 }, () => world.refund(order, { amountMinor: 300 })))
    const outcomes = await Promise.allSettled(refunds.map(outcomeOf))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect((await world.row(order)).refundedMinor).toBe(900)
  })

  test('units are refunded and put back once, whoever asks first', async () => {
    const order = await paidOrder()
    const asked = { items: line(order, 2, true) }
    const refunds = await Promise.all([world.refund(order, asked), world.refund(order, asked)])
    const outcomes = await Promise.allSettled(refunds.map(outcomeOf))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await world.standing(order)).toMatchObject({ onHand: UNITS })
  })

  test('what the bank of the customer disputes is not refunded as well', async () => {
    const order = await paidOrder({ token: 'tok_late_decline' })
    await world.bankDisputes(order)
    await world.calledForAttention(order)
    const refund = await world.refund(order)
    await expect(outcomeOf(refund)).rejects.toThrow()
    expect((await world.standing(order)).gateway).toEqual(['authorization', 'capture', 'dispute'])
  })

  test('an order that was only held has nothing to refund', async () => {
    const order = await paidOrder({ capture: 'manual' })
    await expect(outcomeOf(await world.refund(order))).rejects.toThrow()
  })
})

describe.concurrent('a refund and a cancellation', () => {
  test('a cancellation gives back what earlier refunds have left, in money and in units', async () => {
    const order = await paidOrder()
    await outcomeOf(await world.refund(order, { items: line(order, 1, true) }))
    await world.ask(order, cancelUpdate, {})
    await world.atRest(order)
    expect(await world.standing(order)).toMatchObject({
      ...{ status: 'cancelled', payment: 'refunded', onHand: UNITS, reserved: 0 },
      gateway: ['authorization', 'capture', 'refund', 'refund'],
    })
    expect((await world.row(order)).refundedMinor).toBe(2 * PRICE)
  })

  test('a cancellation after everything was refunded gives the units back and no more money', async () => {
    const order = await paidOrder()
    await outcomeOf(await world.refund(order))
    await world.ask(order, cancelUpdate, {})
    await world.atRest(order)
    expect(await world.standing(order)).toMatchObject({
      ...{ status: 'cancelled', payment: 'refunded', onHand: UNITS, reserved: 0 },
      gateway: ['authorization', 'capture', 'refund'],
    })
  })

  test('a cancellation waits for a refund that is being paid, and gives back the rest', async () => {
    const order = await paidOrder()
    const trouble = held('quick')
    world.faults.set(order.orderId, 'payRefund', trouble.trouble)
    const refund = await world.refund(order, { amountMinor: 500 })
    await trouble.reached
    const cancelled = world.ask(order, cancelUpdate, {})
    await eventually(async () => expect(world.faults.attempts(order.orderId, 'reversePayment')).toBeGreaterThan(0))
    expect(await world.standing(order)).toMatchObject({ status: 'paid' })
    trouble.release()
    await cancelled
    expect(await statusOf(refund)).toBe('succeeded')
    expect((await world.row(order)).refundedMinor).toBe(2 * PRICE)
  })

  test('a cancellation supersedes a refund that waits for approval', async () => {
    const order = await paidOrder()
    const refund = await world.refund(order, big)
    await waits(refund, 'pending_approval')
    await world.ask(order, cancelUpdate, {})
    expect(await statusOf(refund)).toBe('rejected')
    await refund.handle.signal(approveRefundSignal, { by: manager })
    expect(await refund.handle.result()).toMatchObject({ status: 'rejected' })
    expect((await world.row(order)).refundedMinor).toBe(2 * PRICE)
  })

  test('after a cancellation there is nothing left to refund', async () => {
    const order = await paidOrder()
    await world.ask(order, cancelUpdate, {})
    await expect(outcomeOf(await world.refund(order))).rejects.toThrow()
  })

  test('an order whose customer has all the money back is not shipped', async () => {
    const order = await paidOrder()
    await outcomeOf(await world.refund(order))
    const parcel = { carrier: 'Test Post', tracking_number: 'TP-1' }
    await expect(world.ask(order, shipUpdate, parcel)).rejects.toMatchObject({ cause: { type: 'invalid_transition' } })
    expect(await world.standing(order)).toMatchObject({ status: 'paid', payment: 'refunded' })
  })

  test('money that is taken for a shipment and given back before it is noted is told of all the same', async () => {
    const order = await paidOrder({ capture: 'manual' })
    const shipping = held('patient')
    world.faults.set(order.orderId, 'recordShipment', shipping.trouble)
    const parcel = { carrier: 'Test Post', tracking_number: 'TP-1' }
    const shipped = world.ask(order, shipUpdate, parcel).catch((error: unknown) => error)
    await shipping.reached
    expect(await outcomeOf(await world.refund(order))).toBe('succeeded')
    shipping.release()
    expect(await shipped).toMatchObject({ cause: { type: 'invalid_transition' } })
    await eventually(async () => {
      const { rows } = await world.database.query('select type from events where aggregate_id = $1', [order.orderId])
      expect(rows.map(({ type }) => type)).toContain('payment.success')
    })
  })

  test('a delivered order is refunded as any other', async () => {
    const order = await paidOrder()
    await world.ask(order, shipUpdate, { carrier: 'Test Post', tracking_number: 'TP-1' })
    await world.ask(order, deliverUpdate, {})
    expect(await outcomeOf(await world.refund(order, { items: line(order, 2, true) }))).toBe('succeeded')
    expect(await world.standing(order)).toMatchObject({ status: 'delivered', payment: 'refunded', onHand: UNITS })
  })
})

describe.concurrent('who decides about a refund', () => {
  test('nobody decides about their own', async () => {
    const refund = await world.refund(await paidOrder(), big)
    await waits(refund, 'pending_approval')
    await expect(refund.handle.executeUpdate(approveRefundUpdate, { args: [{ by: staff.id }] })).rejects.toMatchObject({
      cause: { type: 'own_refund' },
    })
    await refund.handle.signal(approveRefundSignal, { by: staff.id })
    await refund.handle.executeUpdate(rejectRefundUpdate, { args: [{ by: manager }] })
    expect(await statusOf(refund)).toBe('rejected')
  })

  test('a customer never refunds alone, however small it is', async () => {
    const order = await paidOrder()
    const refund = await world.refund(order, { amountMinor: 1, requester: { id: order.userId, isStaff: false } })
    expect(await outcomeOf(refund)).toBe('pending_approval')
    await refund.handle.executeUpdate(approveRefundUpdate, { args: [{ by: manager }] })
    expect(await statusOf(refund)).toBe('succeeded')
  })

  test('one that nobody decides about is called to attention, and rejected in the end', async () => {
    const order = await paidOrder()
    const refund = await world.refund(order, journeys['a refund that is left undecided'].asked())
    expect(await refund.handle.result()).toMatchObject({ status: 'rejected' })
    const told = await timelineOf(order)
    expect(told.slice(-4)).toEqual([
      'refund requested',
      'refund waits for approval',
      'refund needs attention',
      'refund rejected',
    ])
  })

  test('one that is cancelled in the engine while it waits is rejected', async () => {
    const refund = await world.refund(await paidOrder(), big)
    await waits(refund, 'pending_approval')
    await refund.handle.cancel()
    expect(await refund.handle.result()).toMatchObject({ status: 'rejected' })
  })
})

test.concurrent('a refund that the gateway refuses changes no balance, and staff have it tried again', async () => {
  const order = await paidOrder()
  world.faults.set(order.orderId, 'payRefund', isRefused)
  const refund = await world.refund(order)
  expect(await outcomeOf(refund)).toBe('failed')
  expect(await world.refundRow(refund)).toMatchObject({
    failureCode: 'not_possible',
    needsAttention: expect.any(String),
  })
  expect(await world.standing(order)).toMatchObject({ payment: 'captured', gateway: ['authorization', 'capture'] })
  world.faults.clear(order.orderId, 'payRefund')
  expect(await refund.handle.executeUpdate(resolveRefundUpdate, { args: [{ action: 'retry', by: manager }] })).toBe(
    'succeeded',
  )
  expect(await world.refundRow(refund)).toMatchObject({
    status: 'succeeded',
    attempt: 2,
    failureCode: null,
    needsAttention: null,
  })
})

let paidByHand = ''

test.concurrent('a refund that the gateway refused is not paid by a copy of its request that comes later', async () => {
  const order = await paidOrder()
  const [hold] = await world.sandbox.ledger(order.orderId)
  const atGateway = `/v1/payment_intents/${hold?.intent_id}/refunds`
  const paid = { amount: hold?.amount }
  // Somebody gives the money back at the gateway itself, which therefore refuses us.
  paidByHand = (await world.sandbox.post(atGateway, paid, 'by hand')).body.id
  const refund = await world.refund(order)
  expect(await outcomeOf(refund)).toBe('failed')
  const copy = await world.sandbox.post(atGateway, paid, refundKey(refund.refundId, 1))
  expect([copy.status, copy.body.error?.code]).toEqual([409, 'idempotency_key_closed'])
})

test('after all of it, no promise about stock, money, orders and events is broken', async () => {
  expect(await world.brokenTasks()).toEqual([])
  // What somebody does at the gateway is not in our books.
  expect(await world.brokenInvariants([paidByHand])).toEqual([])
})
