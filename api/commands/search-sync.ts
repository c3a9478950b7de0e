import { catalogueChangedSignal } from '../../workflows/search-sync.messages.ts'
import type { searchSync } from '../../workflows/search-sync.ts'
import type { TemporalLink } from './temporal.ts'
import { withDeadline } from './temporal.ts'

/** Of the sync that runs after a change, and not by the clock. */
export const SEARCH_SYNC_NUDGE = 'search-sync-nudge'

/**
 * Has search follow now instead of at the sync's next turn; one that is under way looks once more. A nudge that is lost
 * costs a minute, so nobody waits for it.
 */
export const nudgeSearchSync =
  ({ client, taskQueue }: Pick<TemporalLink, 'client' | 'taskQueue'>) =>
  (): void => {
    withDeadline(client, 3_000, () =>
      client.workflow.signalWithStart<typeof searchSync>('searchSync', {
        workflowId: SEARCH_SYNC_NUDGE,
        taskQueue,
        signal: catalogueChangedSignal,
      }),
    ).catch(() => {})
  }
