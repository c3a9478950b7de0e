import {
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { ATTENTION_AFTER, quickAttempt } from './policies.ts'

export type Effect = keyof Activities
export type Input<E extends Effect> = Parameters<Activities[E]>
export type Output<E extends Effect> = Awaited<ReturnType<Activities[E]>>
type Runner<E extends Effect> = {
  executeWithOptions(options: { summary: string }, args: Input<E>): Promise<Output<E>>
}

export type EffectOptions = {
  /** What the effect does, in an operator's words: it stands in the history. */
  summary: string
  policy: ActivityOptions
  /** The local attempt, where it is not the usual one. */
  atFirst?: LocalActivityOptions
  /**
   * A request by update is known to this process alone until its task is completed; lost with the process, another may
   * come first the next time. So the first effect of a request is a regular activity: it begins once the request is kept.
   */
  isRequested?: boolean
  /** Called when the first attempt did not answer and a longer wait begins. */
  onWaiting?: () => void
  /** Called when the wait has become so long that a person should know. The effect is tried on. */
  onSlow?: () => Promise<void>
}

/**
 * Tries an effect at once inside the workflow task, which is as fast as an engine can be. What does not answer goes on as
 * a regular activity with `policy`, where an operator sees its attempts and its last failure.
 */
export async function promptly<E extends Effect>(
  effect: E,
  input: Input<E>,
  options: EffectOptions,
): Promise<Output<E>> {
  try {
    const local = proxyLocalActivities<Activities>(options.atFirst ?? quickAttempt)[effect] as Runner<E>
    return await local.executeWithOptions({ summary: options.summary }, input)
  } catch (error) {
    if (isCancellation(error) || isFinalAnswer(error)) throw error
  }
  options.onWaiting?.()
  return steadily(effect, input, options)
}

export type Call = { call: (why: string) => Promise<void>; endCall: (why?: string) => Promise<void> }

/**
 * An effect that must come about. When that takes long a person is called, while it is tried on; when it has come about
 * after all, nobody needs to look any more.
 */
export async function untilDone<E extends Effect>(
  effect: E,
  input: Input<E>,
  { call, endCall, ...options }: EffectOptions & Call,
): Promise<Output<E>> {
  const why = `${options.summary}: does not succeed and is still being tried`
  let isCalled = false
  const run = options.isRequested ? steadily : promptly
  const output = await run(effect, input, {
    ...options,
    onSlow() {
      isCalled = true
      return call(why)
    },
  })
  if (isCalled) await CancellationScope.nonCancellable(() => endCall(why))
  return output
}

/** `untilDone` for the effects of a story, to which a person is called in this way. */
export const insisting =
  <Story>(callTo: (story: Story) => Call) =>
  <E extends Effect>(story: Story, effect: E, input: Input<E>, options: EffectOptions): Promise<Output<E>> =>
    untilDone(effect, input, { ...options, ...callTo(story) })

/** Runs an effect as a regular activity: what nobody waits for, and what did not succeed at once. */
export async function steadily<E extends Effect>(
  effect: E,
  input: Input<E>,
  options: EffectOptions,
): Promise<Output<E>> {
  const regular = proxyActivities<Activities>(options.policy)[effect] as Runner<E>
  const running = regular.executeWithOptions({ summary: options.summary }, input)
  if (options.onSlow) await tellWhenSlow(running, options.onSlow)
  return running
}

/**
 * Runs an effect that may come to nothing: what goes on does not depend on it, and somebody else makes it good. Answers
 * whether it came about.
 */
export async function attempted<E extends Effect>(
  effect: E,
  input: Input<E>,
  options: EffectOptions,
): Promise<boolean> {
  try {
    await steadily(effect, input, options)
    return true
  } catch (error) {
    if (isCancellation(error)) throw error
    return false
  }
}

async function tellWhenSlow(running: Promise<unknown>, onSlow: () => Promise<void>): Promise<void> {
  let isSettled = false
  // Both outcomes are attached at once: a failure while we tell of slowness must not be an unhandled rejection.
  const settle = () => void (isSettled = true)
  running.then(settle, settle)
  // A cancelled effect is waited for as well: an undo must not overtake the act that it undoes.
  const isInTime = await CancellationScope.nonCancellable(() =>
    condition(() => isSettled, ATTENTION_AFTER, { summary: 'After this long a person is called' }),
  )
  if (!isInTime) await onSlow()
}

/** The code that the gateway gave for its refusal. */
export function refusalCodeOf(error: unknown): string {
  const code: unknown =
    error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.details?.[0]
  return typeof code === 'string' ? code : 'refused'
}

/** The other side understood and said no: trying again is useless, and it is for the story to decide what follows. */
export const isFinalAnswer = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true
