import type { WorkflowHandle } from '@temporalio/client'
import { expect } from 'vitest'
import { refundWorkflowId, returnRefundIdOf } from '../../domain/ids.ts'
import {
  approveUpdate,
  cancelSignal,
  cancelUpdate,
  deliverUpdate,
  rejectUpdate,
  resolveSignal,
  shipUpdate,
} from '../../workflows/order.messages.ts'
import { approveRefundUpdate, rejectRefundUpdate, resolveRefundUpdate } from '../../workflows/refund.messages.ts'
import { denyReturnUpdate, retryReturnUpdate } from '../../workflows/return.messages.ts'
import { isRefused } from '../support/activity-faults.ts'
import type { OrderWorld } from '../support/order-world.ts'
import { eventually, type TestOrder } from '../support/test-orders.ts'
import type { TestRefund } from '../support/test-refunds.ts'
import type { ReturnWish, TestReturn } from '../support/test-returns.ts'

const parcel = { carrier: 'Test Post', tracking_number: 'TP-1' }

/** As orders were paid before one effect did it all; those that were begun so go on so. */
const inTwoEffects = { policy: { isPaidAtOnce: false } }

type Travelled = { handle: WorkflowHandle }

/** Every way an order, a refund, a return or a replenishment can take, by the name of the file its history is kept in. */
export const journeys: Record<string, (world: OrderWorld) => Promise<Travelled>> = {
  paid: (world) => resting(world, inTwoEffects),

  'paid-at-once': (world) => resting(world),

  'paid-at-once-and-captured-later': (world) =>
    resting(world, {
      troubles: {
        payOrder: async (_, act) => ({ ...((await act()) as object), captured: false }),
      },
    }),

  'shipped-and-delivered': async (world) => {
    const order = await resting(world, { capture: 'manual' })
    await world.ask(order, shipUpdate, parcel)
    await world.ask(order, deliverUpdate, {})
    return order
  },

  declined: (world) => resting(world, { token: 'tok_declined' }),

  'sold-out': (world) => resting(world, { quantity: 100 }),

  'refused-as-risky': (world) => resting(world, { token: 'tok_risky' }),

  'confirmed-by-customer': async (world) => {
    const order = await resting(world, { token: 'tok_3ds' })
    await world.customerAnswers(order, 'succeed')
    return order
  },

  'not-confirmed-by-customer': async (world) => {
    const order = await resting(world, { token: 'tok_3ds' })
    await world.customerAnswers(order, 'fail')
    return order
  },

  'approved-by-reviewer': async (world) => {
    const order = await resting(world, { token: 'tok_review' })
    await world.ask(order, approveUpdate, { by: 'reviewer', reason: 'known' })
    return order
  },

  'rejected-by-reviewer': async (world) => {
    const order = await resting(world, { token: 'tok_review' })
    await world.ask(order, rejectUpdate, { by: 'reviewer', reason: 'unknown' })
    return order
  },

  'cancelled-by-customer': async (world) => {
    const order = await resting(world)
    await world.ask(order, cancelUpdate, { by: 'customer' })
    return order
  },

  'cancelled-by-signal-while-it-waits': async (world) => {
    const order = await resting(world, { token: 'tok_3ds' })
    await order.handle.signal(cancelSignal, {})
    return order
  },

  'cancelled-by-the-engine': async (world) => {
    const order = await resting(world)
    await order.handle.cancel()
    return order
  },

  'slow-gateway': (world) => {
    const isAway = (isQuick: boolean) => {
      if (isQuick) throw new Error('the gateway does not answer quickly')
    }
    return resting(world, {
      ...inTwoEffects,
      troubles: {
        authorizePayment: async ({ isQuick }, act) => (isAway(isQuick), act()),
        capturePayment: async ({ isQuick }, act) => (isAway(isQuick), act()),
      },
    })
  },

  'payment-not-available': (world) =>
    resting(world, {
      policy: { paymentHoldMs: 1_000 },
      troubles: {
        authorizePayment: async () => {
          throw new Error('the gateway does not answer')
        },
      },
    }),

  disputed: async (world) => {
    const order = await resting(world, { token: 'tok_late_decline' })
    await world.bankDisputes(order)
    return order
  },

  'refund-refused-then-settled': async (world) => {
    const order = await resting(world)
    world.faults.set(order.orderId, 'reversePayment', isRefused)
    const cancelled = world.ask(order, cancelUpdate, { by: 'customer' })
    expect(await world.calledForAttention(order)).toContain('refused')
    await world.atRest(order)
    world.faults.clear(order.orderId, 'reversePayment')
    await order.handle.signal(resolveSignal, { action: 'retry', by: 'operator' })
    await cancelled
    return order
  },

  'refund-paid-out': async (world) => {
    const order = await resting(world)
    const items = [{ productId: order.productId, quantity: 1, restock: true }]
    return world.refund(order, { items })
  },

  'refund-approved': async (world) => {
    const refund = await waitingRefund(world)
    await refund.handle.executeUpdate(approveRefundUpdate, { args: [{ by: 'manager' }] })
    return refund
  },

  'refund-rejected': async (world) => {
    const refund = await waitingRefund(world)
    await refund.handle.executeUpdate(rejectRefundUpdate, { args: [{ by: 'manager', reason: 'worn' }] })
    return refund
  },

  'refund-left-undecided': async (world) => {
    const refund = await world.refund(await resting(world), {
      approval: { limitMinor: 0, withinMs: 1, deadlineMs: 3_000 },
      ...{ remindAfterMs: 500, escalateAfterMs: 1_000 },
    })
    await refund.handle.result()
    return refund
  },

  'refund-refused-then-tried-again': async (world) => {
    const order = await resting(world)
    world.faults.set(order.orderId, 'payRefund', isRefused)
    const refund = await world.refund(order)
    await world.atRest(refund)
    world.faults.clear(order.orderId, 'payRefund')
    await refund.handle.executeUpdate(resolveRefundUpdate, { args: [{ action: 'retry', by: 'manager' }] })
    return refund
  },

  'return-refunded': async (world) => {
    const sent = await waitingReturn(world)
    await world.approveReturn(sent)
    await world.goodsCome(sent, 1)
    await world.goodsCome(sent, 1, false)
    await sent.handle.result()
    return sent
  },

  'return-denied': async (world) => {
    const sent = await waitingReturn(world)
    await sent.handle.executeUpdate(denyReturnUpdate, { args: [{ by: 'manager', reason: 'worn' }] })
    return sent
  },

  'return-that-never-came': async (world) => {
    const sent = await waitingReturn(world, { receiveWithinMs: 200 })
    await world.approveReturn(sent)
    await sent.handle.result()
    return sent
  },

  'return-that-came-in-part': async (world) => {
    const sent = await waitingReturn(world, { receiveWithinMs: 10_000 })
    await world.approveReturn(sent)
    await world.goodsCome(sent, 1)
    await sent.handle.result()
    return sent
  },

  'return-refund-retried': async (world) => {
    const sent = await waitingReturn(world, { quantity: 1 })
    world.faults.set(sent.order.orderId, 'payRefund', isRefused)
    await world.approveReturn(sent)
    await world.goodsCome(sent, 1)
    const callsBecause = (why: string) =>
      eventually(async () => expect((await world.returned(sent)).needsAttentionOfReturn).toContain(why))
    const retry = () => sent.handle.executeUpdate(retryReturnUpdate, { args: [{ by: 'manager' }] })
    // Handed on to the refund, which is refused once more and then left; after that it is begun again.
    await callsBecause('the refund failed')
    await retry()
    await eventually(async () => expect(world.faults.attempts(sent.order.orderId, 'payRefund')).toBe(2))
    const refund = world.client.workflow.getHandle(refundWorkflowId(returnRefundIdOf(sent.returnId)))
    await eventually(() => refund.executeUpdate(resolveRefundUpdate, { args: [{ action: 'skip', by: 'manager' }] }))
    await callsBecause('its refund is failed')
    world.faults.clear(sent.order.orderId, 'payRefund')
    await retry()
    await sent.handle.result()
    return sent
  },

  'return-of-too-much': (world) => waitingReturn(world, { quantity: 3 }),

  'replenishment-received': async (world) => {
    const replenishment = await world.replenish()
    await world.unitsCome(replenishment, 4)
    await world.unitsCome(replenishment, 6)
    return replenishment
  },

  'replenishment-late-then-cancelled': async (world) => {
    const replenishment = await world.replenish({ lateAfterMs: 200 })
    await eventually(async () => expect((await world.shelf(replenishment)).needsAttention).toContain('late'))
    await world.unitsCome(replenishment, 4)
    await replenishment.handle.cancel()
    return replenishment
  },

  'replenishment-confirmed-by-suppliers': async (world) => {
    const suppliers = ['recorded half', 'recorded rest']
    await world.suppliers.become({ 'recorded half': { behaviour: 'confirms_part' } })
    const replenishment = await world.replenish({ suppliers })
    await eventually(async () =>
      expect(await world.asked(replenishment)).toEqual(['confirmed 5 of 10', 'confirmed 5 of 5']),
    )
    await world.unitsCome(replenishment, 10)
    return replenishment
  },

  'replenishment-left-by-suppliers': async (world) => {
    const suppliers = ['recorded silence', 'recorded refusal']
    await world.suppliers.become({
      'recorded silence': { behaviour: 'never_answers' },
      'recorded refusal': { behaviour: 'refuses' },
    })
    const replenishment = await world.replenish({ suppliers, patience: { answerWithinMs: 1_500 } })
    await eventually(async () =>
      expect((await world.shelf(replenishment)).needsAttention).toContain('no supplier promises 10 of 10 units'),
    )
    await world.unitsCome(replenishment, 10)
    return replenishment
  },

  'refund-of-too-much': async (world) => world.refund(await resting(world), { amountMinor: 1_000_000 }),
}

/** One that somebody else has to consent to. */
async function waitingRefund(world: OrderWorld): Promise<TestRefund> {
  const order = await resting(world)
  const refund = await world.refund(order, { requester: { id: order.userId, isStaff: false } })
  await world.atRest(refund)
  return refund
}

/** Of goods that are on their way to the customer. */
async function waitingReturn(world: OrderWorld, wish: ReturnWish = {}): Promise<TestReturn> {
  const order = await resting(world)
  await world.ask(order, shipUpdate, parcel)
  const sent = await world.sendBack(order, wish)
  await world.atRest(sent)
  return sent
}

async function resting(world: OrderWorld, wish: Parameters<OrderWorld['checkOut']>[0] = {}): Promise<TestOrder> {
  const order = await world.checkOut(wish)
  await world.atRest(order)
  return order
}
