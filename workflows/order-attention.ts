import { ApplicationFailure, ActivityFailure, CancellationScope, condition } from '@temporalio/workflow'
import { steadily } from './effects.ts'
import type { ResolveRequest } from './order.messages.ts'
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

/** Parks an undo that was refused for good until the signal `resolve` says to try it again or to leave it. */
export async function askPerson(story: OrderStory, undo: string, error: unknown): Promise<'retry' | 'skip'> {
  const { desk, input, journey } = story
  desk.resolution = undefined
  await callForAttention(story, `${undo}: refused (${reasonOf(error)}); signal resolve with retry or skip`)
  await condition(() => desk.resolution !== undefined)
  const { action, by } = desk.resolution ?? ({ action: 'retry' } as ResolveRequest)
  journey.move({ needsAttention: null })
  journey.show()
  await steadily('clearAttention', [{ orderId: input.orderId, actor: by ?? 'operator' }], {
    summary: `A person decided: ${action}`,
    policy: databasePolicy,
  })
  return action === 'skip' ? 'skip' : 'retry'
}

function reasonOf(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) return error.cause.message
  return error instanceof Error ? error.message : 'for no reason given'
}
