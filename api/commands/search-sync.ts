import type { Client } from '@temporalio/client'

/** Runs the sync now instead of at its next turn. A nudge that is lost costs seconds, so nobody waits for it. */
export const nudgeSearchSync = (client: Client, taskQueue: string) => (): void => {
  client.workflow
    .start('searchSync', { workflowId: 'search-sync-nudge', taskQueue, workflowIdConflictPolicy: 'USE_EXISTING' })
    .catch(() => {})
}
