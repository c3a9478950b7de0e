import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { ReplenishmentStatus } from '../domain/replenishment.ts'
import type { OpenOutcome, ReplenishmentRequest } from '../store/replenishments/open.ts'

/** Which units to bring in, and how long to wait for them before the shop is called. */
export type ReplenishmentInput = ReplenishmentRequest & { lateAfterMs: number }

export type ReplenishmentResult =
  | { replenishmentId: string; status: ReplenishmentStatus }
  | { replenishmentId: string; status: 'refused'; problem: RefusedToOpen['problem']; detail: string }

type RefusedToOpen = Extract<OpenOutcome, { outcome: 'refused' }>

/** What a replenishment looks like from inside its workflow. */
export type ReplenishmentState = {
  status: ReplenishmentStatus | 'pending'
  quantity: number
  received: number
  stage: string
  needsAttention: string | null
}

/** A delivery that was counted: `receipt_id` makes it count once; the API gives one, an operator need not. */
export type ReceiveRequest = { quantity: number; by?: string; receipt_id?: string }
export type CancelReplenishmentRequest = { by?: string; reason?: string }

// As with orders: signals are for operators, and what cannot be done is noted and ignored; updates are for the API.
export const receiveSignal = defineSignal<[ReceiveRequest]>('receive')
export const cancelReplenishmentSignal = defineSignal<[CancelReplenishmentRequest?]>('cancel')

/** Answers as soon as the units are on order, or with why they cannot be. */
export const replenishedUpdate = defineUpdate<ReplenishmentStatus>('requested')
export const receiveUpdate = defineUpdate<ReplenishmentStatus, [ReceiveRequest]>('receive')
export const cancelReplenishmentUpdate = defineUpdate<ReplenishmentStatus, [CancelReplenishmentRequest]>('cancel')

/** Where a sweep over the catalogue stands. */
export type ReorderSweepInput = Pick<ReplenishmentInput, 'lateAfterMs'> & { after?: string; opened?: number }

/** To a running sweep: a shelf has run low. */
export const reorderDueSignal = defineSignal('due')

export const replenishmentStateQuery = defineQuery<ReplenishmentState>('state')
