import type { TemporalLink } from './temporal.ts'
import { withDeadline } from './temporal.ts'

/** Runs the sync now instead of at its next turn. A nudge that is lost costs a minute, so nobody waits for it. */
export const nudgeSearchSync = (temporal: TemporalLink) => (): void => {
  const { client, taskQueue } = temporal
  withDeadline(client, 3_000, () =>
    client.workflow.start('searchSync', {
      workflowId: 'search-sync-nudge',
      taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  ).catch(() => {})
}
