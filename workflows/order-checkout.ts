import { CancellationScope, condition } from '@temporalio/workflow'
import type { Payment } from '../activities/payments.ts'
import { combinedScore, riskScore, riskVerdict } from '../domain/risk.ts'
import type { OrderFact } from '../store/events.ts'
import type { ConfirmOutcome } from '../store/orders/pay.ts'
import { isFinalAnswer, promptly } from './effects.ts'
import { insist } from './order-attention.ts'
import { cancelOrder, reversePayment } from './order-undo.ts'
import type { OrderResult } from './order.messages.ts'
import { publish } from './order-facts.ts'
import type { Ending, OrderStory } from './order-story.ts'
import { authorizePolicy, databasePolicy, moneyPolicy } from './policies.ts'

/** Money that the gateway holds for an order. */
export type Hold = { intentId: string; amountMinor: number }

/** `refused` leaves nothing to undo; `given_up` leaves what the saga has been promised. */
export type CheckoutEnd =
  | { kind: 'paid'; hold: Hold }
  | { kind: 'shipped' }
  | { kind: 'refused'; reason: NonNullable<OrderResult['reason']> }
  | { kind: 'given_up'; ending: Ending }

const givenUp = (ending: Omit<Ending, 'actor'>): CheckoutEnd => ({
  kind: 'given_up',
  ending: { actor: 'shop', ...ending },
})

/**
 * From a request to a paid order. On a good day it is one workflow task: place, authorise, and pay, which is to confirm and
 * to capture, each tried at once. Taking the money comes last, because it is the hardest to undo.
 */
export async function checkOut(story: OrderStory): Promise<CheckoutEnd> {
  const { input, journey } = story
  const placed = await place(story)
  if (placed.outcome === 'refused') return { kind: 'refused', reason: placed.problem }
  if (placed.outcome === 'abandoned') return { kind: 'refused', reason: 'abandoned' }
  if (placed.outcome === 'cancelled') return givenUp({ reason: placed.reason })
  if (placed.shippedAs) {
    journey.move({ status: 'shipped', paymentStatus: placed.shippedAs, stage: 'Shipped: waiting to be delivered' })
    story.facts.push({ type: 'order.shipped' })
    journey.show()
    // Not to be interrupted: what has left the shop is not given up.
    await CancellationScope.nonCancellable(() => publish(story))
    return { kind: 'shipped' }
  }

  const ownScore = riskScore(placed.signals)
  const ownVerdict = placed.isPaid ? 'accept' : riskVerdict(ownScore, input.risk)
  if (ownVerdict === 'reject') return givenUp({ reason: 'payment_risk', riskScore: ownScore })

  journey.move({ stage: 'Paying: asking the gateway to hold the money' })
  let payment = await authorize(story)
  if (payment.status === 'requires_action') {
    payment = await waitForCustomer(story, payment)
    if (payment.status === 'requires_action') return givenUp({ reason: 'payment_action_expired' })
    if (payment.status === 'declined') return givenUp({ reason: 'payment_action_failed' })
  }
  if (payment.status === 'declined') return givenUp({ reason: 'payment_declined' })

  // A task that is lost with its process is done again, and finds its payment as it now is: captured or voided.
  const wasAccepted = placed.isPaid || payment.status === 'captured'
  const score = combinedScore(ownScore, payment.riskScore)
  const verdict = wasAccepted ? 'accept' : riskVerdict(score, input.risk)
  if (verdict === 'reject') return givenUp({ reason: 'payment_risk', riskScore: score })
  if (payment.status === 'voided') return givenUp({ reason: 'payment_unavailable' })
  if (verdict === 'review') {
    const rejected = await waitForReview(story, payment.intentId, score)
    if (rejected) return givenUp(rejected)
  }

  const hold = { intentId: payment.intentId, amountMinor: placed.totalMinor }
  const isPaidAtOnce = input.isPaidAtOnce && placed.capture === 'automatic'
  const outcome = await (isPaidAtOnce ? pay(story, hold, score) : confirm(story, hold.intentId, score))
  if (outcome === 'cancelled') return givenUp({ reason: 'payment_unavailable' })
  if (placed.capture === 'automatic' && journey.paymentStatus === 'authorized') await capture(story, hold)
  journey.show()
  await publish(story)
  return { kind: 'paid', hold }
}

/** Never interrupted: whether there is an order must be known before anything else can be decided. */
function place(story: OrderStory) {
  const { input, journey, saga, facts } = story
  return CancellationScope.nonCancellable(async () => {
    saga.promise('give the stock back', () => cancelOrder(story))
    saga.promise('give the money back', () => reversePayment(story))
    const placed = await promptly('placeOrder', [{ orderId: input.orderId }], {
      summary: 'Price the lines, promise the stock, write the order',
      policy: { ...databasePolicy, scheduleToCloseTimeout: input.paymentHoldMs },
    })
    if (placed.outcome === 'placed') journey.place(placed)
    if (placed.outcome === 'placed' || placed.outcome === 'cancelled') facts.push({ type: 'order.created' })
    // Paid in a task that was lost: the world must hear of it even if the order is given up before it is confirmed again.
    const wasPaid = placed.outcome === 'placed' ? placed.isPaid : placed.outcome === 'cancelled' && placed.wasPaid
    if (wasPaid) facts.push({ type: 'order.paid' })
    return placed
  })
}

async function authorize(story: OrderStory): Promise<Payment> {
  const { input, journey } = story
  try {
    return await promptly('authorizePayment', [{ orderId: input.orderId }], {
      summary: "Hold the customer's money",
      policy: { ...authorizePolicy, scheduleToCloseTimeout: input.paymentHoldMs },
      onWaiting: () => journey.show(),
    })
  } catch (error) {
    story.isRefusedByGateway = isFinalAnswer(error)
    throw error
  }
}

/** The customer proves who they are. A webhook or a signal wakes us; what is true we ask the gateway. */
async function waitForCustomer(story: OrderStory, payment: Payment): Promise<Payment> {
  const { input, journey, desk } = story
  const deadline = Date.now() + input.paymentHoldMs
  await insist(
    story,
    'requireCustomerAction',
    [
      {
        orderId: input.orderId,
        intentId: payment.intentId,
        url: payment.actionUrl ?? '',
        expiresAt: new Date(deadline).toISOString(),
      },
    ],
    { summary: 'Ask the customer to confirm the payment', policy: databasePolicy },
  )
  journey.move({ paymentStatus: 'requires_action', stage: 'Waiting for the customer to confirm the payment' })
  journey.show()
  await publish(story)
  // News that came before the order was seen to wait was not passed on: the first look is at once.
  desk.hasPaymentNews = true
  for (;;) {
    const left = Math.max(deadline - Date.now(), 1)
    await condition(() => desk.hasPaymentNews, left, { summary: 'The customer has this long to confirm the payment' })
    desk.hasPaymentNews = false
    const now = await insist(story, 'checkPayment', [{ orderId: input.orderId }], {
      summary: 'Ask the gateway what the customer did',
      policy: moneyPolicy,
    })
    if (now.status !== 'requires_action' || Date.now() >= deadline) return now
  }
}

/** A person looks at a doubtful order, whose money is held meanwhile. Answers why it was not approved, if it was not. */
async function waitForReview(
  story: OrderStory,
  intentId: string,
  score: number,
): Promise<Omit<Ending, 'actor'> | undefined> {
  const { input, journey, desk } = story
  const { orderId, reviewDeadlineMs } = input
  const until = new Date(Date.now() + reviewDeadlineMs).toISOString()
  await insist(story, 'requireReview', [{ orderId, intentId, riskScore: score, until }], {
    summary: 'Ask a person to approve or reject the order',
    policy: databasePolicy,
  })
  journey.move({ paymentStatus: 'authorized', stage: `Waiting for approve or reject: risk score ${score}` })
  journey.show()
  desk.isReviewing = true
  await publish(story)
  await condition(() => desk.decision !== undefined, reviewDeadlineMs, {
    summary: 'A person has this long to approve or reject',
  })
  desk.isReviewing = false
  const { decision } = desk
  if (!decision) return { reason: 'review_expired', riskScore: score }
  await insist(story, 'recordDecision', [{ orderId, ...decision }], {
    summary: 'Note what the reviewer decided',
    policy: databasePolicy,
    isRequested: true,
  })
  return decision.approved ? undefined : { reason: 'review_rejected', riskScore: score, note: decision.reason }
}

/** Never interrupted: whether the order is paid must be known before anyone may cancel or ship it. */
function confirm(story: OrderStory, intentId: string, score: number): Promise<ConfirmOutcome> {
  return CancellationScope.nonCancellable(async () => {
    const confirmation = { orderId: story.input.orderId, intentId, riskScore: score }
    const outcome = await insist(story, 'confirmOrder', [confirmation], {
      summary: 'Mark the order paid and take its units off the shelf',
      policy: databasePolicy,
    })
    if (outcome === 'paid') paid(story)
    return outcome
  })
}

/** Confirms the order, takes the money and tells of it. Money that does not come at once is left to `capture`. */
function pay(story: OrderStory, hold: Hold, score: number): Promise<ConfirmOutcome> {
  return CancellationScope.nonCancellable(async () => {
    const { input, facts } = story
    const told: OrderFact[] = [...withPaid(facts), { type: 'payment.success' }]
    const order = { orderId: input.orderId, ...hold, riskScore: score, facts: told }
    const { outcome, captured } = await insist(story, 'payOrder', [order], {
      summary: 'Mark the order paid, take its units off the shelf and the money that is held',
      policy: databasePolicy,
    })
    if (outcome === 'paid') paid(story)
    if (captured) {
      facts.splice(0)
      story.journey.move({ paymentStatus: 'captured', stage: 'Paid: waiting to be shipped' })
    }
    return outcome
  })
}

function paid({ journey, facts }: OrderStory): void {
  facts.splice(0, facts.length, ...withPaid(facts))
  const stage = 'Paid: the money is held, waiting to be shipped'
  journey.move({ status: 'paid', paymentStatus: 'authorized', stage })
}

const withPaid = (facts: readonly OrderFact[]): OrderFact[] =>
  facts.some(({ type }) => type === 'order.paid') ? [...facts] : [...facts, { type: 'order.paid' }]

/** Takes the held money. It is tried for as long as it needs. */
export async function capture(story: OrderStory, hold: Hold, { isRequested = false } = {}): Promise<void> {
  const { input, journey, facts } = story
  await insist(story, 'capturePayment', [{ orderId: input.orderId, ...hold }], {
    summary: 'Take the money that is held',
    policy: moneyPolicy,
    isRequested,
  })
  facts.push({ type: 'payment.success' })
  journey.move({ paymentStatus: 'captured', stage: 'Paid: waiting to be shipped' })
}
