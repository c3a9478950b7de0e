import { recommendationTrainingWorkflowId } from '../../domain/ids.ts'
import { newId } from '../../store/ids.ts'
import { heard, type Scenario } from './visit.ts'

/** A customer looked at something: a collection that dies on the way brings it into the database all the same. */
export const viewsCollected: Scenario = async (visit) => {
  const { shop, customer, product, name } = visit
  const workflowId = `view-collection-${name}`
  await heard(() => customer.ask('POST', `/v1/products/${product.id}/views`), 204)
  await visit.arm(workflowId, product.id)
  await shop.runWorkflow('viewCollection', workflowId)
  await shop.eventually('the view is in the database', () => shop.isViewed(customer.id, product.id))
  return undefined
}

/** A version is trained and decided about, once, wherever its training dies. */
export const recommendationsTrained: Scenario = async (visit) => {
  const { shop } = visit
  const modelId = newId('mdl')
  const workflowId = recommendationTrainingWorkflowId(modelId)
  await visit.arm(workflowId)
  await shop.runWorkflow('recommendationTraining', workflowId, [{ modelId }])
  await shop.eventually('the version is decided about', () => shop.isDecidedAbout(modelId))
  return undefined
}
