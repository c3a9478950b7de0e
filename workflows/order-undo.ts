import { ActivityFailure, CancellationScope, isCancellation } from '@temporalio/workflow'
import type { OrderFact } from '../store/events.ts'
import { isFinalAnswer } from './effects.ts'
import { askPerson, insist } from './order-attention.ts'
import { publish } from './order-facts.ts'
import type { Ending, OrderStory } from './order-story.ts'
import { databasePolicy, moneyPolicy } from './policies.ts'

/** Undoes what was done, last step first, and tells how it ended. Nothing interrupts it. */
export function giveUp(story: OrderStory, ending: Ending): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    const { journey, saga } = story
    story.ending = ending
    journey.move({ stage: `Giving everything back: ${inWords(ending)}` })
    await saga.undoAll((undo, error) => askPerson(story, undo, error))
    journey.show()
    await publish(story)
  })
}

/** Gives the customer's money back, whatever became of it; right also when it was never asked for. */
export async function reversePayment(story: OrderStory): Promise<void> {
  const { input, journey, facts, isRefusedByGateway, ending } = story
  const reversal = await insist(story, 'reversePayment', [{ orderId: input.orderId, isRefusedByGateway }], {
    summary: 'Give the money back: void what is held, refund what was taken',
    policy: moneyPolicy,
    isRequested: ending?.reason === 'cancelled_by_customer' || ending?.reason === 'cancelled_by_operator',
  })
  switch (reversal.kind) {
    case 'nothing_held':
    case 'declined':
      journey.move({ paymentStatus: 'failed' })
      facts.push({ type: 'payment.failed' })
      return
    case 'voided':
      journey.move({ paymentStatus: 'voided' })
      facts.push({ type: 'payment.voided' })
      return
    case 'refunded':
      journey.move({ paymentStatus: 'refunded' })
      facts.push({ type: 'payment.success' }, { type: 'refund.success', subjectId: reversal.refundId })
      return
    case 'given_back':
      facts.push({ type: 'payment.success' })
  }
}

/** Ends the order and gives its stock back; right also when it was never placed. */
export async function cancelOrder(story: OrderStory): Promise<void> {
  const { input, journey, facts } = story
  const ending = story.ending ?? { reason: 'shop_unavailable', actor: 'shop' }
  const { isOrder, isDisputed, wasPaid } = await insist(story, 'cancelOrder', [{ orderId: input.orderId, ...ending }], {
    summary: 'Cancel the order and give its stock back',
    policy: databasePolicy,
  })
  const isUnheard = (type: OrderFact['type']) => !facts.some((fact) => fact.type === type)
  // Placed or even paid, and we never heard of it: the world has not been told either.
  if (wasPaid && journey.status === 'pending' && isUnheard('order.paid')) facts.unshift({ type: 'order.paid' })
  if (isOrder && !journey.isPlaced && isUnheard('order.created')) facts.unshift({ type: 'order.created' })
  journey.move({ status: 'cancelled', stage: `Cancelled: ${inWords(ending)}` })
  if (!isDisputed) journey.move({ needsAttention: null })
  if (isOrder) facts.push({ type: 'order.cancelled' }, { type: 'inventory.released' })
}

/** Why an order cannot go on, after something was thrown on its way. */
export function whyGivenUp({ desk, journey }: OrderStory, error: unknown): Ending {
  // An attempt that was interrupted may end in a failure of its own.
  if (isCancellation(error) || desk.cancellation || CancellationScope.current().consideredCancelled)
    return cancellationBy(desk.cancellation ?? {})
  // A mistake in this code is no reason to cancel: its task is tried again until the mistake is mended.
  if (!(error instanceof ActivityFailure)) throw error
  if (isFinalAnswer(error))
    return { reason: journey.status === 'paid' ? 'capture_failed' : 'payment_declined', actor: 'shop' }
  return { reason: journey.isPlaced ? 'payment_unavailable' : 'shop_unavailable', actor: 'shop' }
}

export function cancellationBy({ by, reason }: { by?: string; reason?: string }): Ending {
  return {
    reason: by === 'customer' ? 'cancelled_by_customer' : 'cancelled_by_operator',
    actor: by ?? 'operator',
    ...(reason && { note: reason }),
  }
}

const inWords = ({ reason }: Ending): string => reason.replaceAll('_', ' ')
