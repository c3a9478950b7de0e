import { recommendationTrainingWorkflowId } from '../../domain/ids.ts'
import type { recommendationTraining } from '../../workflows/recommendation-training.ts'
import { type TemporalLink, withDeadline } from './temporal.ts'

/** Has a new version trained now, and does not wait for it. */
export async function startRecommendationTraining({ client, taskQueue }: TemporalLink, modelId: string): Promise<void> {
  await withDeadline(client, 4_000, () =>
    client.workflow.start<typeof recommendationTraining>('recommendationTraining', {
      workflowId: recommendationTrainingWorkflowId(modelId),
      taskQueue,
      args: [{ modelId }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: 'Recommendations are trained, because somebody asked for it',
    }),
  )
}
