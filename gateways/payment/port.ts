/**
 * What the shop needs from a company that moves money. Amounts are integer minor units; currencies are ISO 4217.
 *
 * Every call that moves money carries an idempotency key made by the order's workflow (`<order>:<step>`): the same key
 * always names the same payment, so any call here may be repeated.
 */
export type PaymentIntentStatus = 'requires_action' | 'authorized' | 'captured' | 'voided' | 'declined'

export type PaymentIntent = {
  /** The gateway's own id. */
  id: string
  orderId: string
  status: PaymentIntentStatus
  amountMinor: number
  currency: string
  capturedMinor: number
  refundedMinor: number
  /** Why it was declined, in the gateway's words: `card_declined`, `insufficient_funds`, … */
  declineCode?: string
  /** The gateway's own opinion, 0 (fine) to 1 (fraud). */
  riskScore?: number
  /** Where the customer proves who they are, while `requires_action`. */
  actionUrl?: string
}

export type RefundMoney = { key: string; intentId: string; amountMinor: number }

export type GatewayRefund = { id: string; intentId: string; amountMinor: number; currency: string }

export type AuthorizeRequest = {
  key: string
  orderId: string
  amountMinor: number
  currency: string
  token: string
}

/** A signed notice from the gateway, after its signature was checked. `id` is unique per notice and survives re-sending. */
export type PaymentNotice = {
  id: string
  type:
    | 'payment.authorized'
    | 'payment.declined'
    | 'payment.captured'
    | 'payment.voided'
    | 'payment.refunded'
    | 'payment.disputed'
    | 'payment.dispute_won'
    | 'payment.dispute_lost'
  intentId: string
  /** Absent where the gateway does not say, as in Stripe's disputes: `intentId` leads to the payment. */
  orderId?: string
  amountMinor: number
  currency: string
}

export interface PaymentGateway {
  /** Places a hold on the customer's money. A decline is an answer (`status: 'declined'`), not an error. */
  authorize(request: AuthorizeRequest): Promise<PaymentIntent>

  /** Takes money that was held. Capturing twice under one key takes it once. */
  capture(request: { key: string; intentId: string; amountMinor: number }): Promise<PaymentIntent>

  /** Lets go of a hold. */
  void(request: { key: string; intentId: string }): Promise<PaymentIntent>

  /** Gives back money that was captured. */
  refund(request: RefundMoney): Promise<GatewayRefund>

  /**
   * After a refusal: what happened under the refund's key all the same, by a copy of the request that was judged
   * otherwise. When nothing did, makes sure that nothing ever will: only then may the money be promised to something else.
   */
  closeRefundKey(request: RefundMoney): Promise<GatewayRefund | undefined>

  getIntent(intentId: string): Promise<PaymentIntent>

  /** What really happened under an authorisation key; `undefined` means nothing has, so far. */
  findIntentByKey(key: string): Promise<PaymentIntent | undefined>

  /**
   * Like `findIntentByKey`, and when nothing happened under the key makes sure that nothing ever will: an authorisation
   * that is still on its way is refused when it arrives. This is what lets an order be given up after a lost answer.
   */
  closeKey(key: string): Promise<PaymentIntent | undefined>

  /** Checks a notice's signature and age and reads it; `undefined` for a notice of no interest. Throws `InvalidNotice`. */
  readNotice(rawBody: string, headers: Headers): PaymentNotice | undefined
}

/** The gateway understood and said no for good (an expired hold, a refund above the capture): repeating will not help. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A notice whose signature or time stamp does not hold. */
export class InvalidNotice extends Error {
  override readonly name = 'InvalidNotice'
}
