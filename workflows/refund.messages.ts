import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { RefundStatus } from '../domain/refund.ts'
import type { HoldOutcome, RefundRequest } from '../store/refunds/hold.ts'
import type { DecisionRequest, ResolveRequest } from './order.messages.ts'

/** Who asks for which money back, and when the shop is reminded of a decision that is due. No address, no name. */
export type RefundInput = RefundRequest & { remindAfterMs: number; escalateAfterMs: number }

export type RefundResult =
  | { refundId: string; status: RefundStatus }
  | { refundId: string; status: 'refused'; problem: RefusedRefund['problem']; detail: string }

type RefusedRefund = Extract<HoldOutcome, { outcome: 'refused' }>

/** What a refund looks like from inside its workflow. */
export type RefundState = { status: RefundStatus | 'pending'; stage: string; needsAttention: string | null }

// As with orders: signals are for operators, and what cannot be done is noted and ignored; updates are for the API.
export const approveRefundSignal = defineSignal<[DecisionRequest?]>('approve')
export const rejectRefundSignal = defineSignal<[DecisionRequest?]>('reject')
/** What to do about a refund that the gateway refused. */
export const resolveRefundSignal = defineSignal<[ResolveRequest]>('resolve')

/** Answers as soon as it is known what becomes of the refund: it succeeded, failed, waits for approval, or cannot be. */
export const requestedUpdate = defineUpdate<RefundStatus>('requested')
export const approveRefundUpdate = defineUpdate<RefundStatus, [DecisionRequest]>('approve')
export const rejectRefundUpdate = defineUpdate<RefundStatus, [DecisionRequest]>('reject')
export const resolveRefundUpdate = defineUpdate<RefundStatus, [ResolveRequest]>('resolve')

export const refundStateQuery = defineQuery<RefundState>('state')
