import { ActivityFailure, CancellationScope, isCancellation, proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { webhookQueueOf } from '../domain/ids.ts'
import { steadily } from './effects.ts'
import { databasePolicy, webhookPolicy } from './policies.ts'
import type { WebhookDeliveryInput } from './webhook.messages.ts'

type Result = { deliveryId: string; status: 'delivered' | 'dead' | 'cancelled' }

/**
 * Brings one event to one endpoint. Its attempts are those of one activity, where an operator sees them with the last
 * failure and when the next is. What does not get there in time is a dead letter for a person.
 */
export async function webhookDelivery({ deliveryId, round, giveUpAfterMs }: WebhookDeliveryInput): Promise<Result> {
  const { sendWebhook } = proxyActivities<Activities>({
    ...webhookPolicy,
    scheduleToCloseTimeout: giveUpAfterMs,
    taskQueue: webhookQueueOf(workflowInfo().taskQueue),
    summary: 'Send it to the endpoint',
  })
  try {
    return { deliveryId, status: await sendWebhook({ deliveryId, round }) }
  } catch (error) {
    // A mistake in this code is no failed delivery: its task is tried again until the mistake is mended.
    if (!(error instanceof ActivityFailure) && !isCancellation(error)) throw error
    // Whoever cancels it in the engine has seen it: nobody else needs to. An attempt under way ends in its own failure.
    const isStopped = isCancellation(error) || CancellationScope.current().consideredCancelled
    const why = isStopped ? null : `not delivered: ${lastFailureOf(error)}`
    const status = await CancellationScope.nonCancellable(() =>
      steadily('closeDelivery', [{ deliveryId, round, why }], {
        summary: why === null ? 'Note that it was stopped' : 'Note that it could not be delivered',
        policy: databasePolicy,
      }),
    )
    return { deliveryId, status }
  }
}

/** The time-out says that it is over; what it was tried in vain for stands behind it. */
function lastFailureOf(error: unknown): string {
  let last = error as Error
  while (last.cause instanceof Error) last = last.cause
  return last.message.slice(0, 300)
}
