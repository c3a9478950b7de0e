import { allHandlersFinished, CancellationScope, CancelledFailure, condition } from '@temporalio/workflow'
import { isFinalAnswer } from './effects.ts'
import { callForAttention, endAttention, insist } from './order-attention.ts'
import { capture, type CheckoutEnd, checkOut } from './order-checkout.ts'
import { type Asked, Desk } from './order-desk.ts'
import { Journey } from './order-journey.ts'
import type { OrderInput, OrderResult } from './order.messages.ts'
import { publish } from './order-facts.ts'
import type { OrderStory } from './order-story.ts'
import { databasePolicy } from './policies.ts'
import { cancellationBy, giveUp, whyGivenUp } from './order-undo.ts'
import { refusal } from './refusal.ts'
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
    for (let dispute = story.desk.takeDispute(); dispute; dispute = story.desk.takeDispute())
      await attend(story, dispute)
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
        await CancellationScope.nonCancellable(() => attend(story, asked))
    }
  }
}

async function untilDelivered(story: OrderStory): Promise<void> {
  const { input, journey, desk, facts } = story
  while (journey.status !== 'delivered') {
    const asked = await desk.next()
    if (asked.request.kind === 'deliver') {
      await insist(story, 'recordDelivery', [{ orderId: input.orderId, actor: asked.request.by ?? 'operator' }], {
        summary: 'Note the delivery',
        policy: databasePolicy,
        isRequested: true,
      })
      journey.move({ status: 'delivered', stage: 'Delivered' })
      asked.done('delivered')
      facts.push({ type: 'order.delivered' })
      journey.show()
      await publish(story)
    } else await attend(story, asked)
  }
}

/** Takes the money first where that was left to the shipment. Answers whether the parcel is on its way. */
async function ship(story: OrderStory, paid: Paid, asked: Asked): Promise<boolean> {
  const { input, journey, facts } = story
  const { request } = asked
  if (request.kind !== 'ship') return false
  if (journey.paymentStatus === 'authorized') {
    try {
      await capture(story, paid.hold, { isRequested: true })
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
  const outcome = await insist(story, 'recordShipment', [shipment], {
    summary: 'Note the shipment',
    policy: databasePolicy,
    isRequested: true,
  })
  if (outcome === 'refunded') {
    journey.move({ paymentStatus: 'refunded' })
    asked.refuse(refusal('invalid_transition', 'The customer has all of the money back; cancel the order'))
    journey.show()
    // It may have been captured for this very shipment.
    await publish(story)
    return false
  }
  journey.move({ status: 'shipped', stage: 'Shipped: waiting to be delivered' })
  asked.done('shipped')
  facts.push({ type: 'order.shipped' })
  journey.show()
  await publish(story)
  return true
}

/** What does not move the order on: a person has seen to it, or the customer's bank took the money back for now. */
async function attend(story: OrderStory, asked: Asked): Promise<void> {
  const { input, journey, facts } = story
  if (asked.request.kind === 'resolve') {
    await endAttention(story, { by: asked.request.by })
    return asked.done(journey.status)
  }
  if (asked.request.kind === 'dispute_end') return endDispute(story, asked, asked.request)
  if (asked.request.kind !== 'dispute')
    return asked.refuse(refusal('invalid_transition', `Nothing to do for ${asked.request.kind}`))
  const stands = await insist(
    story,
    'recordDispute',
    [{ orderId: input.orderId, amountMinor: asked.request.amountMinor }],
    {
      summary: "The customer's bank disputes the payment",
      policy: databasePolicy,
    },
  )
  asked.done(journey.status)
  if (stands === 'settled') return
  journey.move({ needsAttention: 'payment disputed' })
  facts.push({ type: 'payment.disputed' })
  journey.show()
  await publish(story)
}

/** The bank's last word: the money is free again, or it is gone. */
async function endDispute(
  story: OrderStory,
  asked: Asked,
  { outcome, amountMinor }: { outcome: 'won' | 'lost'; amountMinor: number },
): Promise<void> {
  const { input, journey, facts } = story
  const end = await insist(story, 'recordDisputeEnd', [{ orderId: input.orderId, outcome, amountMinor }], {
    summary: `The dispute about the payment was ${outcome}`,
    policy: databasePolicy,
  })
  journey.move({ needsAttention: end.needsAttention })
  asked.done(journey.status)
  facts.push({ type: `payment.dispute_${end.outcome}` })
  journey.show()
  await publish(story)
}
