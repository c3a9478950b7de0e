import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { RefundStatus } from '../domain/refund.ts'
import type { ReturnStatus } from '../domain/return.ts'
import type { OpenReturnOutcome, ReturnRequest } from '../store/returns/open.ts'
import type { DecisionRequest } from './order.messages.ts'

/** What is to come back, and how long people have to decide about it and to send it. No address, no name. */
export type ReturnInput = ReturnRequest & {
  remindAfterMs: number
  escalateAfterMs: number
  receiveWithinMs: number
  /** Above it nobody decides about a return that they asked for. */
  ownApprovalLimitMinor: number
}

export type ReturnResult =
  | { returnId: string; status: ReturnStatus }
  | { returnId: string; status: 'refused'; problem: RefusedToOpen['problem']; detail: string }

type RefusedToOpen = Extract<OpenReturnOutcome, { outcome: 'refused' }>

/** What a return looks like from inside its workflow. */
export type ReturnState = { status: ReturnStatus | 'pending'; stage: string; needsAttention: string | null }

/** What has come: `receipt_id` makes it count once; the API gives one, an operator need not. */
export type ReturnReceiptRequest = {
  items: { product_id: string; quantity: number; restock?: boolean }[]
  by?: string
  receipt_id?: string
}
export type RetryRequest = { by?: string }

// As with orders: signals are for operators, and what cannot be done is noted and ignored; updates are for the API.
export const approveReturnSignal = defineSignal<[DecisionRequest?]>('approve')
export const denyReturnSignal = defineSignal<[DecisionRequest?]>('deny')
export const receiveReturnSignal = defineSignal<[ReturnReceiptRequest]>('receive')
export const cancelReturnSignal = defineSignal<[DecisionRequest?]>('cancel')
/** To have the refund of what came tried again. */
export const retryReturnSignal = defineSignal<[RetryRequest?]>('retry')

/** Answers as soon as the units are claimed, or with why they cannot be. */
export const returnRequestedUpdate = defineUpdate<ReturnStatus>('requested')
export const approveReturnUpdate = defineUpdate<ReturnStatus, [DecisionRequest]>('approve')
export const denyReturnUpdate = defineUpdate<ReturnStatus, [DecisionRequest]>('deny')
export const receiveReturnUpdate = defineUpdate<ReturnStatus, [ReturnReceiptRequest]>('receive')
export const cancelReturnUpdate = defineUpdate<ReturnStatus, [DecisionRequest]>('cancel')
export const retryReturnUpdate = defineUpdate<ReturnStatus, [RetryRequest]>('retry')

/** From the refund of a return: it waits for a person, or it goes on. */
export type RefundNews = { status: Extract<RefundStatus, 'failed' | 'processing'>; why: string }
export const refundNewsSignal = defineSignal<[RefundNews]>('refundNews')

export const returnStateQuery = defineQuery<ReturnState>('state')
