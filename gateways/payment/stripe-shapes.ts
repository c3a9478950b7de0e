import type Stripe from 'stripe'
import { GatewayRefused, type PaymentIntent, type PaymentIntentStatus } from './port.ts'
import { GatewayUnavailable } from '../unavailable.ts'

export function toIntent(intent: Stripe.PaymentIntent): PaymentIntent {
  const { order_id: orderId } = intent.metadata
  if (!orderId) throw new GatewayRefused('intent_not_ours', `${intent.id} belongs to no order.`)
  const status = statusOf(intent)
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null
  const riskScore = charge?.outcome?.risk_score
  const { code, decline_code: reason } = intent.last_payment_error ?? {}
  // Stripe's "generic decline" says less than its code does.
  const declineCode = (reason !== 'generic_decline' && reason) || code || 'card_declined'
  const actionUrl = intent.next_action?.redirect_to_url?.url
  return {
    id: intent.id,
    orderId,
    status,
    amountMinor: intent.amount,
    currency: intent.currency.toUpperCase(),
    capturedMinor: intent.amount_received,
    refundedMinor: charge ? givenBack(charge) : 0,
    ...(status === 'declined' && { declineCode }),
    ...(riskScore !== undefined && { riskScore: riskScore / 100 }),
    ...(status === 'requires_action' && actionUrl && { actionUrl }),
  }
}

/**
 * Refunds of captured money. Stripe also counts as refunded what a capture or a cancellation let go of, which the customer
 * never paid.
 */
export function givenBack(charge: Pick<Stripe.Charge, 'amount' | 'amount_captured' | 'amount_refunded'>): number {
  return Math.max(0, charge.amount_refunded - (charge.amount - charge.amount_captured))
}

export const idOf = (reference: string | { id: string }) => (typeof reference === 'string' ? reference : reference.id)

/** In these few Stripe counts another smallest unit than ISO 4217 does; refused here before anything is a hundredfold. */
const otherMinorUnits = new Set(['ISK', 'MGA', 'UGX'])

export function toStripeCurrency(currency: string): string {
  if (otherMinorUnits.has(currency)) {
    throw new GatewayRefused('currency_not_supported', `${currency} has another minor unit at Stripe.`)
  }
  return currency.toLowerCase()
}

const statuses: Record<string, PaymentIntentStatus> = {
  requires_action: 'requires_action',
  requires_capture: 'authorized',
  succeeded: 'captured',
  canceled: 'voided',
  requires_payment_method: 'declined', // we confirm at once, so the only way here is a failed attempt
}

function statusOf(intent: Stripe.PaymentIntent): PaymentIntentStatus {
  const status = statuses[intent.status]
  if (status === undefined)
    throw new GatewayUnavailable(`Stripe has not decided yet: ${intent.id} is ${intent.status}.`)
  return status
}
