import { setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow'
import { remedies } from '../domain/reconciliation.ts'
import { steadily } from './effects.ts'
import { databasePolicy, reconciliationPolicy } from './policies.ts'
import type { ReconciliationInput, ReconciliationResult } from './reconciliation.messages.ts'

/** A look over this is long: the books are large, and it takes a processor from the customers meanwhile. */
const LONG_LOOKS_MS = 10_000
/** After long looks, a tenth of the time is for them. */
const REST_PER_LOOK = 9

/**
 * Compares the books with each other, with the gateway, the engine and the search index. What is seen amiss twice is a
 * finding: the safe ones are mended and looked at once more, the rest calls a person. A frequent run that took long stays
 * until its rest is over: its schedule starts no other meanwhile.
 */
export async function reconciliation({
  kind,
  settleMs,
  runId: given,
}: ReconciliationInput): Promise<ReconciliationResult> {
  const runId = given ?? `rec_${workflowInfo().runId}`
  await steadily('openReconciliation', [{ runId, kind }], { summary: 'Note that it began', policy: databasePolicy })

  let lookedMs = 0
  const lookOnce = async (look: number) => {
    const seen = await steadily('lookAtBooks', [{ runId, kind, look }], {
      summary: 'Compare the books with each other and with the world',
      policy: reconciliationPolicy,
    })
    lookedMs += seen.tookMs
    return seen
  }
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
  if (kind === 'frequent' && lookedMs > LONG_LOOKS_MS)
    await sleep(lookedMs * REST_PER_LOOK, { summary: 'The books are large: the next look is not due yet' })
  return { runId, open }
}
