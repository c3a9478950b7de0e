import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
} from '@temporalio/workflow'
import { isFinalAnswer, promptly } from './effects.ts'
import { askPerson, callForAttention, endAttention } from './order-attention.ts'
import { capture, type CheckoutEnd, checkOut } from './order-checkout.ts'
import { type Asked, Desk, refusal } from './order-desk.ts'
import { Journey } from './order-journey.ts'
import type { OrderInput, OrderResult } from './order.messages.ts'
import { type Ending, type OrderStory, publish } from './order-story.ts'
import { databasePolicy } from './policies.ts'
import { Saga } from './saga.ts'

type Paid = Extract<CheckoutEnd, { kind: 'paid' }>

/** One order, from checkout to delivery. Whatever ends it early, its money and its stock go back first. */
export async function order(input: OrderInput): Promise<OrderResult> {
  const journey = new Journey()
  const story: OrderStory = { input, journey, desk: new Desk(journey), saga: new Saga(), facts: [] }
  const isCancelledFromOutside = () => CancellationScope.current().consideredCancelled

  const end = await untilShipped(story)
  if (end.kind === 'given_up') await giveUp(story, end.ending)
  if (end.kind === 'shipped') await CancellationScope.nonCancellable(() => untilDelivered(story))

  await CancellationScope.nonCancellable(async () => {
    for (const dispute of story.desk.takeDisputes()) await note(story, dispute)
    story.desk.close()
    await condition(allHandlersFinished)
  })
  if (end.kind === 'refused') return { orderId: input.orderId, status: 'refused', reason: end.reason }
  if (end.kind === 'given_up' && isCancelledFromOutside()) throw new CancelledFailure(`Cancelled: ${end.ending.reason}`)
  return {
    orderId: input.orderId,
    status: journey.status,
    ...(end.kind === 'given_up' && { reason: end.ending.reason }),
  }
}

/** Up to here a cancellation, from wherever it comes, gives everything back. */
async function untilShipped(story: OrderStory): Promise<Exclude<CheckoutEnd, Paid> | { kind: 'shipped' }> {
  const { desk } = story
  const checkout = new CancellationScope()
  desk.interruptWith(() => checkout.cancel())
  try {
    const end = await checkout.run(() => checkOut(story))
    if (end.kind !== 'paid') return end
    desk.interruptWith(() => {})
    return await untilShippedOrCancelled(story, end)
  } catch (error) {
    return { kind: 'given_up', ending: whyGivenUp(story, error) }
  }
}

async function untilShippedOrCancelled(story: OrderStory, paid: Paid) {
  for (;;) {
    const asked = await story.desk.next()
    switch (asked.request.kind) {
      case 'cancel':
        story.desk.putBack(asked)
        return { kind: 'given_up', ending: cancellationBy(asked.request) } as const
      case 'ship':
        // A shipment that began must be finished: a parcel cannot be half on its way.
        if (await CancellationScope.nonCancellable(() => ship(story, paid, asked))) return { kind: 'shipped' } as const
        break
      default:
        await CancellationScope.nonCancellable(() => note(story, asked))
    }
  }
}

async function untilDelivered(story: OrderStory): Promise<void> {
  const { input, journey, desk, facts } = story
  while (journey.status !== 'delivered') {
    const asked = await desk.next()
    if (asked.request.kind === 'deliver') {
      await promptly('recordDelivery', [{ orderId: input.orderId, actor: asked.request.by ?? 'operator' }], {
        summary: 'Note the delivery',
        policy: databasePolicy,
      })
      journey.move({ status: 'delivered', stage: 'Delivered' })
      asked.done('delivered')
      facts.push({ type: 'order.delivered' })
      journey.show()
      await publish(story)
    } else await note(story, asked)
  }
}

/** Takes the money first where that was left to the shipment. Answers whether the parcel is on its way. */
async function ship(story: OrderStory, paid: Paid, asked: Asked): Promise<boolean> {
  const { input, journey, facts } = story
  const { request } = asked
  if (request.kind !== 'ship') return false
  if (journey.paymentStatus === 'authorized') {
    try {
      await capture(story, paid.intentId)
    } catch (error) {
      if (!isFinalAnswer(error)) throw error
      asked.refuse(refusal('capture_failed', 'The gateway refused to capture the money; the order is not shipped'))
      await callForAttention(story, 'the capture of the payment was refused; cancel the order or settle it by hand')
      return false
    }
  }
  const shipment = {
    orderId: input.orderId,
    carrier: request.carrier,
    trackingNumber: request.tracking_number,
    actor: request.by ?? 'operator',
  }
  await promptly('recordShipment', [shipment], { summary: 'Note the shipment', policy: databasePolicy })
  journey.move({ status: 'shipped', stage: 'Shipped: waiting to be delivered' })
  asked.done('shipped')
  facts.push({ type: 'order.shipped' })
  journey.show()
  await publish(story)
  return true
}

/** What does not move the order on: a person has seen to it, or the customer's bank took the money back for now. */
async function note(story: OrderStory, asked: Asked): Promise<void> {
  const { input, journey, facts } = story
  if (asked.request.kind === 'resolve') {
    await endAttention(story, asked.request.by)
    return asked.done(journey.status)
  }
  if (asked.request.kind !== 'dispute') return
  await promptly('recordDispute', [{ orderId: input.orderId, amountMinor: asked.request.amountMinor }], {
    summary: "The customer's bank disputes the payment",
    policy: databasePolicy,
  })
  journey.move({ needsAttention: 'payment disputed' })
  asked.done(journey.status)
  facts.push({ type: 'payment.disputed' })
  journey.show()
  await publish(story)
}

/** Undoes what was done, last step first, and tells how it ended. Nothing interrupts it. */
function giveUp(story: OrderStory, ending: Ending): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    const { journey, saga } = story
    story.ending = ending
    journey.move({ stage: `Giving everything back: ${ending.reason.replaceAll('_', ' ')}` })
    await saga.undoAll((undo, error) => askPerson(story, undo, error))
    journey.show()
    await publish(story)
  })
}

function whyGivenUp({ desk, journey }: OrderStory, error: unknown): Ending {
  // An attempt that was interrupted may end in a failure of its own.
  if (isCancellation(error) || desk.cancellation || CancellationScope.current().consideredCancelled)
    return cancellationBy(desk.cancellation ?? {})
  // A mistake in this code is no reason to cancel: its task is tried again until the mistake is mended.
  if (!(error instanceof ActivityFailure)) throw error
  if (isFinalAnswer(error))
    return { reason: journey.status === 'paid' ? 'capture_failed' : 'payment_declined', actor: 'shop' }
  return { reason: journey.isPlaced ? 'payment_unavailable' : 'shop_unavailable', actor: 'shop' }
}

function cancellationBy({ by, reason }: { by?: string; reason?: string }): Ending {
  return {
    reason: by === 'customer' ? 'cancelled_by_customer' : 'cancelled_by_operator',
    actor: by ?? 'operator',
    ...(reason && { note: reason }),
  }
}
