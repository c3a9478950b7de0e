import type Stripe from 'stripe'
import { InvalidNotice, type PaymentNotice } from './port.ts'
import { givenBack, idOf } from './stripe-shapes.ts'

export function readStripeNotice(
  stripe: Stripe,
  secret: string,
  rawBody: string,
  headers: Headers,
): PaymentNotice | undefined {
  return toNotice(verified(stripe, secret, rawBody, headers))
}

function verified(stripe: Stripe, secret: string, rawBody: string, headers: Headers): Stripe.Event {
  try {
    return stripe.webhooks.constructEvent(rawBody, headers.get('stripe-signature') ?? '', secret)
  } catch (error) {
    throw new InvalidNotice((error as Error).message)
  }
}

function toNotice(event: Stripe.Event): PaymentNotice | undefined {
  switch (event.type) {
    case 'payment_intent.amount_capturable_updated':
      return aboutIntent('payment.authorized', event, event.data.object, event.data.object.amount_capturable)
    case 'payment_intent.payment_failed':
      return aboutIntent('payment.declined', event, event.data.object, event.data.object.amount)
    case 'payment_intent.succeeded':
      return aboutIntent('payment.captured', event, event.data.object, event.data.object.amount_received)
    case 'payment_intent.canceled':
      return aboutIntent('payment.voided', event, event.data.object, event.data.object.amount)
    case 'charge.refunded':
      return aboutRefund(event)
    case 'charge.dispute.created':
      return aboutDispute('payment.disputed', event)
    case 'charge.dispute.closed':
      return aboutDisputeEnd(event)
    default:
      return undefined
  }
}

function aboutIntent(
  type: PaymentNotice['type'],
  event: Stripe.Event,
  { id, metadata, currency }: Stripe.PaymentIntent,
  amountMinor: number,
): PaymentNotice | undefined {
  const { order_id: orderId } = metadata
  if (!orderId) return undefined // a payment made by someone else on this account, or a closed key's placeholder
  return { id: event.id, type, intentId: id, orderId, amountMinor, currency: currency.toUpperCase() }
}

function aboutRefund(event: Stripe.ChargeRefundedEvent): PaymentNotice | undefined {
  const charge = event.data.object
  const { order_id: orderId } = charge.metadata
  // The event tells the sum of all refunds; this one is what was added to it.
  const before = givenBack({ ...charge, amount_refunded: event.data.previous_attributes?.amount_refunded ?? 0 })
  const amountMinor = givenBack(charge) - before
  if (!orderId || !charge.payment_intent || amountMinor === 0) return undefined
  const intentId = idOf(charge.payment_intent)
  return {
    id: event.id,
    type: 'payment.refunded',
    intentId,
    orderId,
    amountMinor,
    currency: charge.currency.toUpperCase(),
  }
}

function aboutDispute(
  type: PaymentNotice['type'],
  event: Stripe.ChargeDisputeCreatedEvent | Stripe.ChargeDisputeClosedEvent,
): PaymentNotice | undefined {
  const dispute = event.data.object
  if (!dispute.payment_intent) return undefined
  return {
    id: event.id,
    type,
    intentId: idOf(dispute.payment_intent),
    amountMinor: dispute.amount,
    currency: dispute.currency.toUpperCase(),
  }
}

function aboutDisputeEnd(event: Stripe.ChargeDisputeClosedEvent): PaymentNotice | undefined {
  switch (event.data.object.status) {
    case 'won':
    case 'warning_closed': // an inquiry that never became a dispute
      return aboutDispute('payment.dispute_won', event)
    case 'lost':
      return aboutDispute('payment.dispute_lost', event)
    default:
      return undefined
  }
}
