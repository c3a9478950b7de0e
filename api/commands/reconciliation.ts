import { reconciliationWorkflowId } from '../../domain/ids.ts'
import type { reconciliation } from '../../workflows/reconciliation.ts'
import { type TemporalLink, withDeadline } from './temporal.ts'

/** Has everything compared now, and does not wait for it. */
export async function startReconciliation(
  { client, taskQueue }: TemporalLink,
  { runId, settleMs }: { runId: string; settleMs: number },
): Promise<void> {
  await withDeadline(client, 4_000, () =>
    client.workflow.start<typeof reconciliation>('reconciliation', {
      workflowId: reconciliationWorkflowId(runId),
      taskQueue,
      args: [{ kind: 'whole', settleMs, runId }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: 'The books are compared with the world, because somebody asked for it',
    }),
  )
}
