import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { ReplenishmentStatus } from '../domain/replenishment.ts'
import type { OpenOutcome, ReplenishmentRequest } from '../store/replenishments/open.ts'

/** Which units to bring in, and how long to wait for them before the shop is called. */
export type ReplenishmentInput = ReplenishmentRequest & {
  lateAfterMs: number
  /** Present where suppliers are asked; without it somebody orders the units by hand. */
  suppliers?: SupplierPatience
  /** Where a run before this one stood with them. */
  supply?: SupplyState
}

export type SupplierPatience = {
  /** A supplier that has not answered within this is reminded, and after as long again the next one is asked. */
  answerWithinMs: number
  /** How often one that is late is pressed for its delivery, and how many times before a person is called. */
  chaseEveryMs: number
  chases: number
}

export type SupplyState = {
  /** Whose turn it is. */
  turn: number
  isReminded: boolean
  /** Until when its answer is waited for. */
  answerBy?: number
  /** Nobody is left who could be asked, or everything is promised. */
  isAsked: boolean
  /** When all that was promised should have come. Without it the units are ordered by hand. */
  expectedAt?: number
  chases: number
}

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
  supplier: string | null
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
export type ReorderSweepInput = Pick<ReplenishmentInput, 'lateAfterMs' | 'suppliers'> & {
  after?: string
  opened?: number
}

/** To a running sweep: a shelf has run low. */
export const reorderDueSignal = defineSignal('due')

export const replenishmentStateQuery = defineQuery<ReplenishmentState>('state')
