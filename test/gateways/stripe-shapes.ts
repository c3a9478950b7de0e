export type FakeIntent = {
  id: string
  amount: number
  currency: string
  status: 'requires_payment_method' | 'requires_action' | 'requires_capture' | 'succeeded' | 'canceled'
  metadata: Record<string, string>
  created: number
  captured: number
  refunded: number
  returnUrl: string | null
  riskScore?: number
  failure?: { code: string; decline_code?: string }
}

/** An error as Stripe writes it. */
export class StripeFault extends Error {
  readonly status: number
  readonly type: string
  readonly code: string
  readonly details: object

  constructor(status: number, type: string, code: string, message: string, details = {}) {
    super(message)
    this.status = status
    this.type = type
    this.code = code
    this.details = details
  }
}

const declineCodes: Record<string, string | undefined> = {
  pm_card_visa_chargeDeclined: 'generic_decline',
  pm_card_visa_chargeDeclinedInsufficientFunds: 'insufficient_funds',
}

/** What Stripe's own test cards do at confirmation. */
export function charge(intent: FakeIntent, paymentMethod: string): void {
  const declineCode = declineCodes[paymentMethod]
  if (declineCode) {
    intent.failure = { code: 'card_declined', decline_code: declineCode }
    const details = { ...intent.failure, payment_intent: intentJson(intent, false) }
    throw new StripeFault(402, 'card_error', 'card_declined', 'Your card was declined.', details)
  }
  if (paymentMethod === 'pm_card_authenticationRequired') {
    intent.status = 'requires_action'
    return
  }
  intent.riskScore = paymentMethod === 'pm_card_riskLevelElevated' ? 72 : 9
  intent.status = 'requires_capture'
}

export function intentJson(intent: FakeIntent, expandCharge: boolean): object {
  const { id, amount, currency, status, metadata, created, failure } = intent
  return {
    id,
    object: 'payment_intent',
    amount,
    amount_capturable: status === 'requires_capture' ? amount : 0,
    amount_received: intent.captured,
    capture_method: 'manual',
    client_secret: `${id}_secret_1`,
    confirmation_method: 'automatic',
    created,
    currency,
    customer: null,
    last_payment_error: failure
      ? { type: 'card_error', message: 'Your card was declined.', ...failure, doc_url: 'about:blank' }
      : null,
    latest_charge: intent.riskScore === undefined ? null : expandCharge ? chargeJson(intent) : `ch_${id}`,
    livemode: false,
    metadata,
    next_action: status === 'requires_action' ? nextAction(intent) : null,
    payment_method_types: ['card'],
    status,
  }
}

function nextAction({ id, returnUrl }: FakeIntent): object {
  if (!returnUrl) return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
  const url = `https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=${id}`
  return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } }
}

export function chargeJson({ id, amount, captured, refunded, currency, metadata, status, riskScore = 9 }: FakeIntent) {
  // Stripe books as a refund what a capture or a cancellation lets go of.
  const released = status === 'succeeded' || status === 'canceled' ? amount - captured : 0
  return {
    id: `ch_${id}`,
    object: 'charge',
    amount,
    amount_captured: captured,
    amount_refunded: released + refunded,
    captured: status === 'succeeded',
    currency,
    metadata,
    outcome: { network_status: 'approved_by_network', risk_level: 'normal', risk_score: riskScore, type: 'authorized' },
    payment_intent: id,
    refunded: released + refunded === amount,
    status: 'succeeded',
  }
}
