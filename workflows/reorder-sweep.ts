import { continueAsNew, ParentClosePolicy, setHandler, startChild, workflowInfo } from '@temporalio/workflow'
import { replenishmentWorkflowId } from '../domain/ids.ts'
import type { ReplenishmentRequest } from '../store/replenishments/open.ts'
import { steadily } from './effects.ts'
import { databasePolicy } from './policies.ts'
import { reorderDueSignal, type ReorderSweepInput } from './replenishment.messages.ts'
import type { replenishment } from './replenishment.ts'

/** So many are opened at once. */
const PAGE = 50

/**
 * Opens a replenishment for every product that is due for one. Started by the clock, and by the stock itself as soon as
 * a shelf runs low; what runs low meanwhile has it look once more. A catalogue of any size is gone through page by page.
 */
export async function reorderSweep({
  lateAfterMs,
  after = '',
  opened = 0,
}: ReorderSweepInput): Promise<{ opened: number }> {
  let isDueAgain = false
  setHandler(reorderDueSignal, () => void (isDueAgain = true), {
    description: 'A shelf has run low: look once more',
  })
  for (;;) {
    isDueAgain = false
    const page = await steadily('listDueForReorder', [{ after, limit: PAGE }], {
      summary: 'Find what has run low',
      policy: databasePolicy,
    })
    await Promise.all(page.map((request) => open(request, lateAfterMs)))
    opened += page.length
    after = page.length === PAGE ? (page.at(-1)?.productId ?? '') : ''
    if (after === '' && !isDueAgain) return { opened }
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof reorderSweep>({ lateAfterMs, after, opened })
  }
}

/** On its own from here on: it outlives the sweep. */
const open = (request: ReplenishmentRequest, lateAfterMs: number) =>
  startChild<typeof replenishment>('replenishment', {
    workflowId: replenishmentWorkflowId(request.replenishmentId),
    args: [{ ...request, lateAfterMs }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `${request.quantity} units of ${request.productId}, which has run low`,
  })
