import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { CancelReason, OrderStatus, PaymentStatus } from '../domain/order.ts'
import type { RiskLimits } from '../domain/risk.ts'

/** All an order's workflow is told at its start. Names, addresses and tokens stay in the database. */
export type OrderInput = {
  orderId: string
  /** How long a customer has to prove who they are. */
  paymentHoldMs: number
  /** How long the shop has to approve or reject a doubtful order. */
  reviewDeadlineMs: number
  risk: RiskLimits
  /** Whether it is paid by one effect. Orders that were begun before there was one have it not, and are replayed without. */
  isPaidAtOnce?: boolean
}

export type OrderResult = {
  orderId: string
  status: OrderStatus | 'refused'
  reason?: CancelReason | 'insufficient_stock' | 'product_unavailable' | 'abandoned'
}

export type ShipRequest = { carrier: string; tracking_number: string; by?: string }
export type DeliverRequest = { by?: string }
export type CancelRequest = { reason?: string; by?: string }
export type DecisionRequest = { by?: string; reason?: string }
export type ResolveRequest = { action: 'retry' | 'skip'; by?: string; reason?: string }
export type PaymentNews = { type: string; amountMinor: number }

/** What an order looks like from inside its workflow. */
export type OrderState = {
  status: OrderStatus
  paymentStatus: PaymentStatus
  stage: string
  needsAttention: string | null
}

// Signals are for operators, who send them with the temporal CLI or from the Web UI; what cannot be done is noted and
// ignored. Updates of the same names are for the API: what cannot be done is refused before it enters the history.
export const shipSignal = defineSignal<[ShipRequest]>('ship')
export const deliverSignal = defineSignal<[DeliverRequest?]>('deliver')
export const cancelSignal = defineSignal<[CancelRequest?]>('cancel')
export const approveSignal = defineSignal<[DecisionRequest?]>('approve')
export const rejectSignal = defineSignal<[DecisionRequest?]>('reject')
/** What to do about an undo that was refused for good; at any other time, that a person has seen to the order. */
export const resolveSignal = defineSignal<[ResolveRequest]>('resolve')
/** Something happened at the gateway; the workflow asks it what. */
export const paymentNewsSignal = defineSignal<[PaymentNews?]>('payment_news')

export const shipUpdate = defineUpdate<OrderStatus, [ShipRequest]>('ship')
export const deliverUpdate = defineUpdate<OrderStatus, [DeliverRequest]>('deliver')
export const cancelUpdate = defineUpdate<OrderStatus, [CancelRequest]>('cancel')
export const approveUpdate = defineUpdate<OrderStatus, [DecisionRequest]>('approve')
export const rejectUpdate = defineUpdate<OrderStatus, [DecisionRequest]>('reject')
export const resolveUpdate = defineUpdate<OrderStatus, [ResolveRequest]>('resolve')

export const stateQuery = defineQuery<OrderState>('state')
