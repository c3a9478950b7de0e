import type { ReconciliationKind } from '../domain/reconciliation.ts'

/** `settleMs`: what is only under way ends within this time. Without `runId` the run is named after its workflow. */
export type ReconciliationInput = { kind: ReconciliationKind; settleMs: number; runId?: string }

/** `open`: what is for a person. */
export type ReconciliationResult = { runId: string; open: number }
