import { setCurrentDetails, workflowInfo } from '@temporalio/workflow'
import { steadily } from './effects.ts'
import { databasePolicy, trainingPolicy } from './policies.ts'
import type { RecommendationTrainingInput, RecommendationTrainingResult } from './recommendation-training.messages.ts'

/** Learns from what was bought and looked at. A version that does worse than popularity is never shown to anybody. */
export async function recommendationTraining({
  modelId: given,
}: RecommendationTrainingInput): Promise<RecommendationTrainingResult> {
  const modelId = given ?? `mdl_${workflowInfo().runId}`
  const { lines, hitRate, popularityHitRate, isGoodEnough } = await steadily('trainRecommendations', [{ modelId }], {
    summary: 'Learn from orders and views',
    policy: trainingPolicy,
  })
  await steadily('decideOnRecommendations', [{ modelId, isGoodEnough }], {
    summary: isGoodEnough ? 'Serve it from now on' : 'Keep serving what was served',
    policy: databasePolicy,
  })
  setCurrentDetails(
    `${isGoodEnough ? 'Published' : 'Rejected'}: hit-rate@10 ${hitRate.toFixed(4)}, popularity ${popularityHitRate.toFixed(4)}, learnt from ${lines} lines.`,
  )
  return { modelId, isPublished: isGoodEnough }
}
