import { ActivityFailure, ApplicationFailure, CancellationScope } from '@temporalio/workflow'
import { type Effect, type EffectOptions, type Input, type Output, steadily, untilDone } from './effects.ts'
import type { OrderStory } from './order-story.ts'
import { databasePolicy } from './policies.ts'

/** An effect of an order that must come about; a person is called to the order when it takes long. */
export const insist = <E extends Effect>(
  story: OrderStory,
  effect: E,
  input: Input<E>,
  options: EffectOptions,
): Promise<Output<E>> =>
  untilDone(effect, input, {
    ...options,
    onWaiting: () => story.journey.show(),
    call: (why) => callForAttention(story, why),
    endCall: (why) => endAttention(story, { why }),
  })

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

/** The trouble is over: by itself, or because a person saw to it. With `why`, no other trouble than that. */
export async function endAttention(
  { input, journey }: OrderStory,
  { by = 'shop', why }: { by?: string | undefined; why?: string },
): Promise<void> {
  // What a person has seen to is cleared in any case: the row may have been flagged from elsewhere.
  if (why !== undefined && journey.needsAttention !== why) return
  journey.move({ needsAttention: null })
  journey.show()
  await steadily('clearAttention', [{ orderId: input.orderId, actor: by, why }], {
    summary: 'Nobody needs to look at this order any more',
    policy: databasePolicy,
  })
}

/** Parks an undo that was refused for good until the signal `resolve` says to try it again or to leave it. */
export async function askPerson(story: OrderStory, undo: string, error: unknown): Promise<'retry' | 'skip'> {
  const resolution = story.desk.resolution()
  await callForAttention(story, `${undo}: refused (${reasonOf(error)}); signal resolve with retry or skip`)
  const { action, by } = await resolution
  await endAttention(story, { by })
  return action
}

function reasonOf(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) return error.cause.message
  return error instanceof Error ? error.message : 'for no reason given'
}
