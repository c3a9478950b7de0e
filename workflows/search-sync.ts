import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow'
import type { SearchActivities, SearchSync } from '../activities/search-index.ts'
import { catalogueChangedSignal } from './search-sync.messages.ts'

/** A sync of a whole catalogue may take minutes but shows every batch; the next sweep is never far, so few attempts do. */
const { syncSearchIndex } = proxyActivities<SearchActivities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '10s', maximumAttempts: 3 },
  summary: 'Bring the search index up to the catalogue',
})

/**
 * Makes search follow the catalogue. Started on a schedule, and by a nudge after a change; what changes meanwhile has it
 * look once more. Answers what the last look did.
 */
export async function searchSync(): Promise<SearchSync> {
  let isChanged = false
  setHandler(catalogueChangedSignal, () => void (isChanged = true), {
    description: 'The catalogue has changed: look once more',
  })
  for (;;) {
    isChanged = false
    const synced = await syncSearchIndex()
    if (!isChanged) return synced
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof searchSync>()
  }
}
