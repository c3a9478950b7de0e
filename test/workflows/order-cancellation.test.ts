import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  approveSignal,
  approveUpdate,
  cancelSignal,
  cancelUpdate,
  deliverUpdate,
  shipUpdate,
} from '../../workflows/order.messages.ts'
import { type Effect, held } from '../support/activity-faults.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { type CheckoutWish, eventually, type TestOrder, UNITS } from '../support/test-orders.ts'

vi.setConfig({ maxConcurrency: 80 })

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
  await world.sandbox.patchSettings({ dispute_delay_ms: 0 })
})
afterAll(() => world?.close())

type Way = { by: string; cancel: (order: TestOrder) => Promise<unknown>; end: object }

const ways: Way[] = [
  {
    by: 'an operator in the Web UI or with `temporal workflow cancel`',
    cancel: ({ handle }) => handle.cancel(),
    end: { reason: 'cancelled_by_operator', workflow: 'CANCELLED' },
  },
  {
    by: 'an operator with the signal cancel',
    cancel: ({ handle }) => handle.signal(cancelSignal, { reason: 'on the telephone' }),
    end: { reason: 'cancelled_by_operator', workflow: 'COMPLETED' },
  },
  {
    by: 'the customer through the API',
    cancel: (order) => world.ask(order, cancelUpdate, { by: 'customer' }),
    end: { reason: 'cancelled_by_customer', workflow: 'COMPLETED' },
  },
]

const gaveEverythingBack = (end: object) => ({
  status: 'cancelled',
  payment: expect.stringMatching(/^(failed|voided|refunded)$/),
  onHand: UNITS,
  reserved: 0,
  ...end,
})

/** The customer's bank has the money for now: it does not go back a second time. */
const leftTheMoneyToTheBank = (end: object) => ({ ...gaveEverythingBack(end), payment: 'captured' })

/** What was taken at the gateway went back, once; that it is the same money the invariants say. */
const evenLedgers = [[], ['authorization', 'void'], ['authorization', 'capture', 'refund']]

const parcel = { carrier: 'Test Post', tracking_number: 'TP-1' }

/** Waits until the workflow itself has been told of the cancellation, and not only the server. */
const whenHeard = ({ handle }: TestOrder) =>
  eventually(async () => {
    const events = (await handle.fetchHistory()).events ?? []
    const at = events.findLastIndex(
      (event) =>
        event.workflowExecutionCancelRequestedEventAttributes ||
        event.workflowExecutionSignaledEventAttributes?.signalName === 'cancel' ||
        event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name === 'cancel',
    )
    if (at < 0 || !events.slice(at).some((event) => event.workflowTaskCompletedEventAttributes)) {
      // An update is accepted by the very task that hears of it.
      if (at < 0 || !events[at]?.workflowExecutionUpdateAcceptedEventAttributes) throw new Error('not heard yet')
    }
  })

type Held = {
  effect: Effect
  wish?: CheckoutWish
  first?: (order: TestOrder) => Promise<unknown>
  isDisputed?: true
}

const duringCheckout: Held[] = [
  { effect: 'placeOrder' },
  { effect: 'authorizePayment' },
  { effect: 'requireCustomerAction', wish: { token: 'tok_3ds' } },
  { effect: 'checkPayment', wish: { token: 'tok_3ds' } },
  { effect: 'requireReview', wish: { token: 'tok_review' } },
  {
    effect: 'recordDecision',
    wish: { token: 'tok_review' },
    first: async (order) => {
      await world.atRest(order)
      await order.handle.signal(approveSignal, {})
    },
  },
  { effect: 'payOrder' },
  { effect: 'confirmOrder', wish: { capture: 'manual' } },
  { effect: 'publishEvents', wish: { capture: 'manual' } },
  {
    effect: 'recordDispute',
    wish: { token: 'tok_late_decline' },
    first: async (order) => {
      await world.atRest(order)
      await world.bankDisputes(order)
    },
    isDisputed: true,
  },
]

const cases = duringCheckout.flatMap((step) =>
  (['quick', 'patient'] as const)
    .filter((attempt) => attempt === 'patient' || step.effect !== 'recordDecision')
    .flatMap((attempt) => ways.map((way) => ({ ...step, ...way, attempt }))),
)

describe.concurrent('a cancellation gives money and stock back, once, whatever it comes in the middle of', () => {
  test.each(cases)(
    '$effect ($attempt attempt), by $by',
    async ({ effect, wish, first, isDisputed, attempt, cancel, end }) => {
      const step = held(attempt)
      const order = await world.checkOut({ ...wish, troubles: { [effect]: step.trouble } })
      await Promise.all([first?.(order), step.reached])
      const cancelled = cancel(order)
      if (attempt === 'patient') await whenHeard(order)
      step.release()
      await cancelled
      await order.handle.result().catch(() => {})
      const standing = await world.standing(order)
      if (isDisputed) {
        expect(standing).toMatchObject(leftTheMoneyToTheBank(end))
        expect(standing.gateway).toEqual(['authorization', 'capture', 'dispute'])
        return
      }
      expect(standing).toMatchObject(gaveEverythingBack(end))
      expect(evenLedgers).toContainEqual(standing.gateway)
    },
  )

  const waits = [
    { waitingFor: 'the customer', wish: { token: 'tok_3ds' } },
    { waitingFor: 'a reviewer', wish: { token: 'tok_review' } },
    { waitingFor: 'its shipment, captured', wish: {} },
    { waitingFor: 'its shipment, held', wish: { capture: 'manual' } as const },
  ]
  test.each(waits.flatMap((wait) => ways.map((way) => ({ ...wait, ...way }))))(
    'while it waits for $waitingFor, by $by',
    async ({ wish, cancel, end }) => {
      const order = await world.checkOut(wish)
      await world.atRest(order)
      await cancel(order)
      await order.handle.result().catch(() => {})
      const standing = await world.standing(order)
      expect(standing).toMatchObject(gaveEverythingBack(end))
      expect(evenLedgers).toContainEqual(standing.gateway)
    },
  )
})

describe.concurrent('what must be finished is not interrupted by a cancellation', () => {
  test.each(['reversePayment', 'cancelOrder'] as const)('giving back: %s', async (effect) => {
    const undo = held('patient')
    const order = await world.checkOut({ troubles: { [effect]: undo.trouble } })
    await world.atRest(order)
    const asked = world.ask(order, cancelUpdate, { by: 'customer' })
    await undo.reached
    await order.handle.cancel()
    await whenHeard(order)
    undo.release()
    expect(await asked).toBe('cancelled')
    await order.handle.result().catch(() => {})
    expect(await world.standing(order)).toMatchObject(
      gaveEverythingBack({ payment: 'refunded', reason: 'cancelled_by_customer' }),
    )
  })

  test.each(ways)('a shipment that has begun, by $by', async ({ cancel }) => {
    const shipping = held('patient')
    const order = await world.checkOut({ troubles: { recordShipment: shipping.trouble } })
    await world.atRest(order)
    const shipped = world.ask(order, shipUpdate, parcel)
    await shipping.reached
    const refused = cancel(order).catch((error: Error) => error)
    await whenHeard(order)
    shipping.release()
    expect(await shipped).toBe('shipped')
    await refused
    await world.atRest(order)
    expect(await world.standing(order)).toMatchObject({ status: 'shipped', payment: 'captured', onHand: UNITS - 2 })
    expect(await world.ask(order, deliverUpdate, {})).toBe('delivered')
  })
})

test('giving back does not begin while a capture is still on its way', async () => {
  const capture = held('patient')
  const order = await world.checkOut({ troubles: { payOrder: capture.trouble } })
  await capture.reached
  await order.handle.cancel()
  await whenHeard(order)
  expect(world.faults.attempts(order.orderId, 'reversePayment')).toBe(0)
  capture.release()
  await order.handle.result().catch(() => {})
  expect(await world.standing(order)).toMatchObject({
    status: 'cancelled',
    gateway: ['authorization', 'capture', 'refund'],
  })
})

test('an order that is cancelled in the middle of a payment that fails is remembered as cancelled', async () => {
  const authorizing = held('patient')
  const order = await world.checkOut({
    troubles: {
      authorizePayment: (attempt) =>
        authorizing.trouble(attempt, async () => {
          throw new Error('the gateway is away')
        }),
    },
  })
  await authorizing.reached
  const cancelled = world.ask(order, cancelUpdate, { by: 'customer' })
  await whenHeard(order)
  authorizing.release()
  expect(await cancelled).toBe('cancelled')
  expect(await world.standing(order)).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_customer' })
})

test('a reviewer whose approval is overtaken by a cancellation hears what became of the order', async () => {
  const deciding = held('patient')
  const order = await world.checkOut({ token: 'tok_review', troubles: { recordDecision: deciding.trouble } })
  await world.atRest(order)
  const answer = world.ask(order, approveUpdate, {}).catch((error: Error) => error)
  await deciding.reached
  await order.handle.cancel()
  await whenHeard(order)
  deciding.release()
  expect(['paid', 'cancelled']).toContain(await answer)
})

test('of a shipment and a cancellation that come together exactly one is done, and the other is refused', async () => {
  const races = Array.from({ length: 20 }, async (_, index) => {
    const order = await world.checkOut({ capture: index % 2 === 0 ? 'manual' : 'automatic' })
    await world.atRest(order)
    const ship = () => world.ask(order, shipUpdate, parcel)
    const cancel = () => world.ask(order, cancelUpdate, { by: 'customer' })
    const answers = await Promise.allSettled(index % 4 < 2 ? [ship(), cancel()] : [cancel(), ship()])
    const done = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    expect(done).toHaveLength(1)
    await world.atRest(order)
    const { status, gateway, onHand } = await world.standing(order)
    expect(status).toBe(done[0])
    if (status === 'shipped') expect({ gateway, onHand }).toEqual({ gateway: ['authorization', 'capture'], onHand: 3 })
    else expect(onHand).toBe(UNITS)
  })
  await Promise.all(races)
})

test('after all of it, no promise about stock, money, orders and events is broken', async () => {
  expect(await world.brokenTasks()).toEqual([])
  expect(await world.brokenInvariants()).toEqual([])
})
