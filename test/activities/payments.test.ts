import { Client, Connection } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { activityBoundary } from '../../activities/boundary.ts'
import { type Activities, createActivities } from '../../activities/index.ts'
import { checkInvariants } from '../../store/invariants.ts'
import type { OrderFact } from '../../store/events.ts'
import { findOrder } from '../../store/orders/index.ts'
import { openSandbox, type Sandbox } from '../sandbox/sandbox-process.ts'
import { createFaults, type Effect } from '../support/activity-faults.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { createTestOrders } from '../support/test-orders.ts'

const logger = new DefaultLogger('ERROR')
let sandbox: Sandbox
let store: TestDatabase
let activities: Activities
let orders: ReturnType<typeof createTestOrders>
beforeAll(async () => {
  ;[sandbox, store] = await Promise.all([openSandbox(), openTestDatabase()])
  const { database } = store
  const gateway = sandbox.gateway(400)
  activities = createActivities({
    database,
    gateways: { quick: gateway, patient: gateway },
    logger: pino({ level: 'silent' }),
  })
  // Nothing is started here: no engine is asked.
  const client = new Client({ connection: Connection.lazy() })
  orders = createTestOrders({ database, sandbox, client, taskQueue: 'none', faults: createFaults() })
})
afterAll(async () => {
  await sandbox?.close()
  await store?.close()
})

/** One attempt, as a worker makes it. */
function attempt<E extends Effect>(effect: E, input: Parameters<Activities[E]>[0]): ReturnType<Activities[E]> {
  const environment = new MockActivityEnvironment({ isLocal: true }, { interceptors: [activityBoundary], logger })
  return environment.run(activities[effect] as never, input as never) as ReturnType<Activities[E]>
}

/** As the engine does it: again and again, unless it is useless. */
async function done<E extends Effect>(effect: E, input: Parameters<Activities[E]>[0]) {
  for (let left = 5; ; left--) {
    try {
      return await attempt(effect, input)
    } catch (error) {
      if (left === 0 || (error instanceof ApplicationFailure && error.nonRetryable)) throw error
    }
  }
}

async function placed(token = 'tok_visa'): Promise<string> {
  const { orderId } = await orders.prepare({ token })
  await done('placeOrder', { orderId })
  return orderId
}

const totalOf = async (orderId: string) => (await findOrder(store.database, orderId))?.totalMinor ?? 0
const takeMoney = async (orderId: string, intentId: string) =>
  attempt('capturePayment', { orderId, intentId, amountMinor: await totalOf(orderId) })

async function paid(): Promise<{ orderId: string; intentId: string }> {
  const orderId = await placed()
  const { intentId } = await done('authorizePayment', { orderId })
  await done('confirmOrder', { orderId, intentId, riskScore: 0.1 })
  return { orderId, intentId }
}

const facts: OrderFact[] = [{ type: 'order.created' }, { type: 'order.paid' }, { type: 'payment.success' }]
const payable = async (orderId: string, intentId: string) => {
  return { orderId, intentId, amountMinor: await totalOf(orderId), riskScore: 0.1, facts }
}

/** The events of an order, and how its payment stood in each. */
async function told(orderId: string): Promise<string[][]> {
  const { rows } = await store.database.query<{ type: string; standing: string }>(
    `select type, payload ->> 'payment_status' as standing from events where aggregate_id = $1 order by sequence`,
    [orderId],
  )
  return rows.map(({ type, standing }) => [type, standing])
}

const moved = async (orderId: string) => (await sandbox.ledger(orderId)).map(({ type }) => type)
const cancel = (orderId: string) => done('cancelOrder', { orderId, reason: 'cancelled_by_operator', actor: 'operator' })

describe.each(['error_before', 'error_after', 'silent_after'] as const)('a gateway that goes wrong with %s', (mode) => {
  const goesWrong = (operation: string) => sandbox.scriptFault({ operation, mode, times: 2 })

  test('holds and takes the money once', async () => {
    const orderId = await placed()
    await goesWrong('authorize')
    const { intentId, status } = await done('authorizePayment', { orderId })
    expect(status).toBe('authorized')
    await done('confirmOrder', { orderId, intentId, riskScore: 0.1 })
    await goesWrong('capture')
    await done('capturePayment', { orderId, intentId, amountMinor: await totalOf(orderId) })
    expect(await moved(orderId)).toEqual(['authorization', 'capture'])
    expect(await findOrder(store.database, orderId)).toMatchObject({ paymentStatus: 'captured' })
  })

  test('takes the money once, and the world is told when it is ours', async () => {
    const orderId = await placed()
    const { intentId } = await done('authorizePayment', { orderId })
    await goesWrong('capture')
    const order = await payable(orderId, intentId)
    expect(await done('payOrder', order)).toEqual({ outcome: 'paid', captured: false })
    expect(await findOrder(store.database, orderId)).toMatchObject({ status: 'paid', paymentStatus: 'authorized' })
    expect(await told(orderId)).toEqual([])
    for (let asked = 0; asked < 2; asked++) await done('payOrder', order)
    expect(await done('payOrder', order)).toEqual({ outcome: 'paid', captured: true })
    expect(await moved(orderId)).toEqual(['authorization', 'capture'])
    expect(await told(orderId)).toEqual([
      ['order.created', 'captured'],
      ['order.paid', 'captured'],
      ['order.status_updated', 'captured'],
      ['payment.success', 'captured'],
    ])
  })

  test.each(['close', 'void'])('lets held money go once (%s)', async (operation) => {
    const { orderId } = await paid()
    await goesWrong(operation)
    expect(await done('reversePayment', { orderId })).toEqual({ kind: 'voided' })
    await cancel(orderId)
    expect(await moved(orderId)).toEqual(['authorization', 'void'])
  })

  test('gives taken money back once', async () => {
    const { orderId, intentId } = await paid()
    await done('capturePayment', { orderId, intentId, amountMinor: await totalOf(orderId) })
    await goesWrong('refund')
    expect(await done('reversePayment', { orderId })).toMatchObject({ kind: 'refunded' })
    await cancel(orderId)
    expect(await moved(orderId)).toEqual(['authorization', 'capture', 'refund'])
  })
})

test('a decline is an answer, and declined again it stays one', async () => {
  const orderId = await placed('tok_declined')
  expect(await attempt('authorizePayment', { orderId })).toMatchObject({ status: 'declined' })
  expect(await attempt('authorizePayment', { orderId })).toMatchObject({ status: 'declined' })
  expect(await done('reversePayment', { orderId })).toEqual({ kind: 'declined' })
  await cancel(orderId)
  expect(await findOrder(store.database, orderId)).toMatchObject({
    paymentStatus: 'failed',
    declineCode: 'card_declined',
  })
})

test('after the money was given back nothing can be held, and a worker knows that repeating is useless', async () => {
  const orderId = await placed()
  expect(await done('reversePayment', { orderId })).toEqual({ kind: 'nothing_held' })
  await cancel(orderId)
  const refusal = await attempt('authorizePayment', { orderId }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({
    nonRetryable: true,
    type: 'GatewayRefused',
    message: expect.stringContaining('closed'),
  })
  expect(await moved(orderId)).toEqual([])
})

test('a capture that is under way when the order is undone ends even, whichever is first', async () => {
  const races = Array.from({ length: 20 }, async () => {
    const { orderId, intentId } = await paid()
    await Promise.allSettled([takeMoney(orderId, intentId), attempt('reversePayment', { orderId })])
    await done('reversePayment', { orderId })
    await cancel(orderId)
    expect([
      ['authorization', 'void'],
      ['authorization', 'capture', 'refund'],
    ]).toContainEqual(await moved(orderId))
  })
  await Promise.all(races)
})

test('an order that is given up while it is being paid ends even, whichever is first', async () => {
  const races = Array.from({ length: 20 }, async () => {
    const orderId = await placed()
    const { intentId } = await done('authorizePayment', { orderId })
    const order = await payable(orderId, intentId)
    await Promise.allSettled([attempt('payOrder', order), cancel(orderId)])
    await done('reversePayment', { orderId })
    expect([
      ['authorization', 'void'],
      ['authorization', 'capture', 'refund'],
    ]).toContainEqual(await moved(orderId))
    expect(await attempt('payOrder', order)).toEqual({ outcome: 'cancelled', captured: false })
  })
  await Promise.all(races)
})

test('what is attempted five times at once is done once', async () => {
  const orderId = await placed()
  const fiveTimes = <T>(act: () => Promise<T>) => Promise.all(Array.from({ length: 5 }, act))
  const [first] = await fiveTimes(() => done('authorizePayment', { orderId }))
  const intentId = first?.intentId ?? ''
  await fiveTimes(() => done('confirmOrder', { orderId, intentId, riskScore: 0.1 }))
  const amountMinor = await totalOf(orderId)
  await fiveTimes(() => done('capturePayment', { orderId, intentId, amountMinor }))
  await fiveTimes(() => done('reversePayment', { orderId }))
  await fiveTimes(() => cancel(orderId))
  expect(await moved(orderId)).toEqual(['authorization', 'capture', 'refund'])
})

test('after all of it, no promise about stock, money and orders is broken', async () => {
  const results = await checkInvariants({ database: store.database, gatewayUrl: sandbox.url })
  // Events are told by the workflow, and none runs here.
  const broken = results.filter(({ name, violations }) => violations.length > 0 && name !== 'every_fact_has_its_event')
  expect(broken).toEqual([])
})
