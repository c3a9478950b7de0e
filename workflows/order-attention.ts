import { ApplicationFailure, ActivityFailure, CancellationScope } from '@temporalio/workflow'
import { steadily } from './effects.ts'
import type { OrderStory } from './order-story.ts'
import { databasePolicy } from './policies.ts'

/** Calls a person to the order: on its row, in the list of workflows and in its details. */
export function callForAttention({ input, journey }: OrderStory, why: string): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    journey.move({ needsAttention: why })
    journey.show()
    await steadily('flagAttention', [{ orderId: input.orderId, why }], {
      summary: 'Call a person to this order',
      policy: databasePolicy,
    })
  })
}

/** The trouble is over: by itself, or because a person saw to it. */
export async function endAttention({ input, journey }: OrderStory, by = 'shop'): Promise<void> {
  if (journey.needsAttention === null) return
  journey.move({ needsAttention: null })
  journey.show()
  await steadily('clearAttention', [{ orderId: input.orderId, actor: by }], {
    summary: 'Nobody needs to look at this order any more',
    policy: databasePolicy,
  })
}

/** Parks an undo that was refused for good until the signal `resolve` says to try it again or to leave it. */
export async function askPerson(story: OrderStory, undo: string, error: unknown): Promise<'retry' | 'skip'> {
  const resolution = story.desk.resolution()
  await callForAttention(story, `${undo}: refused (${reasonOf(error)}); signal resolve with retry or skip`)
  const { action, by } = await resolution
  await endAttention(story, by)
  return action === 'skip' ? 'skip' : 'retry'
}

function reasonOf(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) return error.cause.message
  return error instanceof Error ? error.message : 'for no reason given'
}
