import { reconciliationWorkflowId } from '../../domain/ids.ts'
import { newId } from '../../store/ids.ts'
import type { Scenario } from './visit.ts'

/** A shelf counts a unit as promised to nobody: the comparison that dies on the way mends it all the same, once. */
export const shelfReconciled: Scenario = async (visit) => {
  const { shop, product } = visit
  const runId = newId('rec')
  const workflowId = reconciliationWorkflowId(runId)
  await shop.promiseUnit(product.id)
  await visit.arm(workflowId)
  await shop.runWorkflow('reconciliation', workflowId, [{ kind: 'frequent', settleMs: 200, runId }])
  await shop.eventually('the shelf is mended and the comparison has ended', () => shop.isMended(product.id, runId))
  return undefined
}
