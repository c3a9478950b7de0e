import { reorderDueSignal, type ReorderSweepInput } from '../../workflows/replenishment.messages.ts'
import type { reorderSweep } from '../../workflows/reorder-sweep.ts'
import { type TemporalLink, withDeadline } from './temporal.ts'

/** Has the sweep look now instead of at its next turn. A nudge that is lost costs a minute, so nobody waits for it. */
export const nudgeReorderSweep = (temporal: TemporalLink, input: ReorderSweepInput) => (): void => {
  const { client, taskQueue } = temporal
  withDeadline(client, 3_000, () =>
    client.workflow.signalWithStart<typeof reorderSweep>('reorderSweep', {
      workflowId: 'reorder-sweep-nudge',
      taskQueue,
      args: [input],
      signal: reorderDueSignal,
    }),
  ).catch(() => {})
}
