import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancelUpdate, resolveSignal } from '../../workflows/order.messages.ts'
import { arrivesLate, isRefused, type Trouble } from '../support/activity-faults.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { eventually, privateData, type TestOrder, UNITS } from '../support/test-orders.ts'

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
})
afterAll(() => world?.close())

/** What a person has settled outside of the shop is not in its books. */
const settledByHand: string[] = []
const untouched = { onHand: UNITS, reserved: 0 }
/** So little time that the shop gives an order up after its quick attempts. */
const hurried = { paymentHoldMs: 1_000 }

describe('an undo that is refused for good waits for a person', () => {
  async function refusedRefund(): Promise<{ order: TestOrder; cancelled: Promise<unknown> }> {
    const order = await world.checkOut()
    await world.atRest(order)
    world.faults.set(order.orderId, 'reversePayment', isRefused)
    const cancelled = world.ask(order, cancelUpdate, { by: 'customer' })
    expect(await world.calledForAttention(order)).toMatch(/give the money back: refused .*signal resolve/)
    return { order, cancelled }
  }

  const isListed = async ({ handle }: TestOrder) => {
    const query = `NeedsAttention = true AND WorkflowId = '${handle.workflowId}'`
    for await (const _ of world.client.workflow.list({ query })) return true
    return false
  }

  test('who finds the order in the list of workflows, and finishes it with retry', async () => {
    const { order, cancelled } = await refusedRefund()
    await eventually(async () => expect(await isListed(order)).toBe(true))
    world.faults.clear(order.orderId, 'reversePayment')
    await order.handle.signal(resolveSignal, { action: 'retry', by: 'operator' })
    await cancelled
    expect(await world.standing(order)).toMatchObject({
      ...{ status: 'cancelled', payment: 'refunded', needsAttention: null, ...untouched },
      gateway: ['authorization', 'capture', 'refund'],
    })
    await eventually(async () => expect(await isListed(order)).toBe(false))
  })

  test('who is called again when a retry is refused, too', async () => {
    const { order, cancelled } = await refusedRefund()
    const refusals = world.faults.attempts(order.orderId, 'reversePayment')
    await order.handle.signal(resolveSignal, { action: 'retry' })
    await eventually(() => expect(world.faults.attempts(order.orderId, 'reversePayment')).toBeGreaterThan(refusals))
    await world.calledForAttention(order)
    await world.atRest(order)
    world.faults.clear(order.orderId, 'reversePayment')
    await order.handle.signal(resolveSignal, { action: 'retry' })
    await cancelled
    expect(await world.standing(order)).toMatchObject({ status: 'cancelled', payment: 'refunded', ...untouched })
  })

  test('who settles the money by hand with skip: the stock goes back all the same', async () => {
    const { order, cancelled } = await refusedRefund()
    settledByHand.push(order.orderId)
    await order.handle.signal(resolveSignal, { action: 'skip', by: 'operator' })
    expect(await cancelled).toBe('cancelled')
    expect(await world.standing(order)).toMatchObject({
      status: 'cancelled',
      ...untouched,
      gateway: ['authorization', 'capture'],
    })
  })
})

/** The first attempt hangs in front of its effect, and all others fail. */
function hangsAndFails(): ReturnType<typeof arrivesLate> {
  const late = arrivesLate()
  const trouble: Trouble = (attempt, act) => {
    if (attempt.count > 1) throw new Error('the system is away')
    return late.trouble(attempt, act)
  }
  return { ...late, trouble }
}

describe('what comes through after the order was given up changes nothing', () => {
  test('placing it', async () => {
    const placing = hangsAndFails()
    const order = await world.checkOut({ policy: hurried, troubles: { placeOrder: placing.trouble } })
    expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'shop_unavailable' })
    const before = await world.standing(order)
    await placing.arrive()
    expect(await world.standing(order)).toEqual(before)
    expect(before).toMatchObject({ status: 'none', ...untouched, gateway: [] })
  })

  test('placing it, by a statement that waited for the lock of a product', async () => {
    const productId = await world.product({ onHand: UNITS })
    const lock = await world.database.connect()
    await lock.query(`set idle_in_transaction_session_timeout = 0`)
    await lock.query('begin')
    await lock.query('select from stock where product_id = $1 for update', [productId])
    const order = await world.checkOut({ productId, policy: hurried })
    expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'shop_unavailable' })
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%requested as%' and datname = current_database()`
    expect((await lock.query(waiting)).rowCount).toBeGreaterThan(0)
    await lock.query('commit')
    lock.release(true)
    await eventually(async () => expect((await world.database.query(waiting)).rowCount).toBe(0))
    expect(await world.standing(order)).toMatchObject({ status: 'none', ...untouched, gateway: [] })
  })

  test('holding its money: the gateway was told to refuse it', async () => {
    const authorizing = hangsAndFails()
    const order = await world.checkOut({ policy: hurried, troubles: { authorizePayment: authorizing.trouble } })
    expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'payment_unavailable' })
    const before = await world.standing(order)
    await authorizing.arrive()
    expect(await world.standing(order)).toEqual(before)
    expect(before).toMatchObject({ payment: 'failed', ...untouched, gateway: [] })
  })
})

test('an order that was placed without the shop hearing of it is cancelled, with its payment and its events', async () => {
  const order = await world.checkOut({
    policy: hurried,
    troubles: {
      placeOrder: async (_, act) => {
        await act()
        throw new Error('the connection broke')
      },
    },
  })
  expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'shop_unavailable' })
  expect(await world.standing(order)).toMatchObject({
    ...{ status: 'cancelled', payment: 'failed', reason: 'shop_unavailable', ...untouched },
    gateway: [],
  })
})

test('money that was held without the shop hearing of it is let go', async () => {
  const order = await world.checkOut({
    policy: hurried,
    troubles: {
      authorizePayment: async (_, act) => {
        await act()
        throw new Error('the connection broke')
      },
    },
  })
  expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'payment_unavailable' })
  expect(await world.standing(order)).toMatchObject({
    payment: 'voided',
    gateway: ['authorization', 'void'],
    ...untouched,
  })
})

test('an order that looks like fraud to the shop itself is refused before the gateway is asked, and owes nothing', async () => {
  const userId = await world.customer()
  for (let attempt = 0; attempt < 6; attempt++) {
    const declined = await world.checkOut({ userId, token: 'tok_declined' })
    await declined.handle.result()
  }
  const order = await world.checkOut({
    userId,
    priceMinor: 900_000,
    billingAddress: { name: privateData.name, line1: 'elsewhere', city: 'Far', postal_code: '1', country: 'US' },
    policy: { risk: { reviewAbove: 0.3, rejectAbove: 0.5 } },
  })
  expect(await order.handle.result()).toMatchObject({ status: 'cancelled', reason: 'payment_risk' })
  expect(await world.standing(order)).toMatchObject({ payment: 'failed', gateway: [], ...untouched })
})

test('after all of it, no promise about stock, money, orders and events is broken', async () => {
  // An order is named by its own id, by its payment's and by its intent's.
  const { rows } = await world.database.query<{ names: string[] }>(
    'select array[order_id, id, transaction_id] as names from payments where order_id = any($1)',
    [settledByHand],
  )
  expect(await world.brokenTasks()).toEqual([])
  expect(await world.brokenInvariants(rows.flatMap(({ names }) => names))).toEqual([])
})
