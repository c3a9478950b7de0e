import { setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow'
import { remedies } from '../domain/reconciliation.ts'
import { steadily } from './effects.ts'
import { databasePolicy, reconciliationPolicy } from './policies.ts'
import type { ReconciliationInput, ReconciliationResult } from './reconciliation.messages.ts'

/**
 * Compares the books with each other, with the gateway, the engine and the search index. What is seen amiss twice is a
 * finding: the safe ones are mended and looked at once more, the rest calls a person.
 */
export async function reconciliation({
  kind,
  settleMs,
  runId: given,
}: ReconciliationInput): Promise<ReconciliationResult> {
  const runId = given ?? `rec_${workflowInfo().runId}`
  await steadily('openReconciliation', [{ runId, kind }], { summary: 'Note that it began', policy: databasePolicy })

  const lookOnce = (look: number) =>
    steadily('lookAtBooks', [{ runId, kind, look }], {
      summary: 'Compare the books with each other and with the world',
      policy: reconciliationPolicy,
    })
  let seen = await lookOnce(1)
  if (seen.suspects > 0) {
    await sleep(settleMs, { summary: 'What is only under way ends meanwhile' })
    seen = await lookOnce(2)
  }
  const toTry = remedies.filter((remedy) => seen.remedies.includes(remedy))
  for (const remedy of toTry)
    await steadily('mendFindings', [{ runId, remedy }], {
      summary: `Mend what is safe to mend: ${remedy}`,
      policy: reconciliationPolicy,
    })
  if (toTry.length > 0) await lookOnce(3)

  const { open } = await steadily('closeReconciliation', [{ runId }], {
    summary: 'Call a person to what is left',
    policy: databasePolicy,
  })
  setCurrentDetails(
    open === 0 ? 'Everything agrees.' : `${open} findings are for a person: npm run reconcile lists them.`,
  )
  return { runId, open }
}
