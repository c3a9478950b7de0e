import type { ProblemCode } from './problems.ts'

export type OrderStatus = 'pending' | 'paid' | 'shipped' | 'delivered' | 'cancelled'

export type PaymentStatus =
  | 'pending'
  | 'requires_action'
  | 'authorized'
  | 'captured'
  | 'failed'
  | 'partially_refunded'
  | 'refunded'
  | 'voided'

/** What may follow what. docs/order-states.md is the drawing of this table. */
export const nextStatuses: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ['paid', 'cancelled'],
  paid: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: [],
  cancelled: [],
}

export const canBecome = (from: OrderStatus, to: OrderStatus): boolean => nextStatuses[from].includes(to)

/** Why an order was cancelled. What a person wrote about it stands in the timeline. */
export type CancelReason =
  | 'payment_declined'
  | 'payment_risk'
  | 'payment_action_failed'
  | 'payment_action_expired'
  | 'payment_unavailable'
  | 'shop_unavailable'
  | 'capture_failed'
  | 'review_rejected'
  | 'review_expired'
  | 'cancelled_by_customer'
  | 'cancelled_by_operator'

/** What whoever waits for a checkout is told when it ended in a cancellation. */
export const cancellationProblems = {
  payment_declined: 'payment_declined',
  payment_action_failed: 'payment_declined',
  payment_action_expired: 'payment_declined',
  capture_failed: 'payment_declined',
  payment_risk: 'payment_risk',
  review_rejected: 'payment_risk',
  review_expired: 'payment_risk',
  payment_unavailable: 'payment_unavailable',
  shop_unavailable: 'payment_unavailable',
  cancelled_by_customer: 'order_cancelled',
  cancelled_by_operator: 'order_cancelled',
} as const satisfies Record<CancelReason, ProblemCode>
