import { continueAsNew, ParentClosePolicy, setHandler, startChild, workflowInfo } from '@temporalio/workflow'
import { replenishmentWorkflowId } from '../domain/ids.ts'
import { attempted, steadily } from './effects.ts'
import { databasePolicy, sweptPolicy } from './policies.ts'
import { reorderDueSignal, type ReorderSweepInput, type ReplenishmentInput } from './replenishment.messages.ts'
import type { replenishment } from './replenishment.ts'

/** So many are opened at once. */
const PAGE = 50

/**
 * Opens a replenishment for every product that is due for one. Started by the clock, and by the stock itself as soon as
 * a shelf runs low; what runs low meanwhile has it look once more. A catalogue of any size is gone through page by page.
 */
export async function reorderSweep({
  after = '',
  opened = 0,
  ...policy
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
    await Promise.all(page.map((request) => open({ ...request, ...policy })))
    opened += page.length
    after = page.length === PAGE ? (page.at(-1)?.productId ?? '') : ''
    if (after === '' && !isDueAgain && policy.suppliers) await tellSuppliers()
    if (after === '' && !isDueAgain) return { opened }
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof reorderSweep>({ ...policy, after, opened })
  }
}

/** On its own from here on: it outlives the sweep. */
const open = (input: ReplenishmentInput) =>
  startChild<typeof replenishment>('replenishment', {
    workflowId: replenishmentWorkflowId(input.replenishmentId),
    args: [input],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `${input.quantity} units of ${input.productId}, which has run low`,
  })

/** What a supplier could not be told when its order was withdrawn, it is told now, or by the next sweep. */
const tellSuppliers = () =>
  attempted('tellWithdrawals', [{}], {
    summary: 'Tell suppliers what is not wanted any more',
    policy: sweptPolicy,
  })
