import { attempt, readOrder, retryDelayMs } from './attempts.ts'
import type { Cached, EngineDeps, LocalActivity } from './execution.ts'
import { activityFailure, cancelled, type Failure, isRetryable, retryState, timedOut } from './failures.ts'
import type { Command, Job } from './workflow-host.ts'

/**
 * Activities that a worker runs inside a workflow task, as the SDK's core does: tried again in its memory, and lost with
 * it. What failed is handed to the workflow as it is; what timed out or was cancelled is wrapped first.
 */
export function createLocalActivities({ scheduler }: EngineDeps, onResolved: (cached: Cached) => Promise<void>) {
  function start(cached: Cached, command: Command, workflowId: string): void {
    const local: LocalActivity = {
      order: readOrder(command),
      attempt: 1,
      token: 0,
      scheduledMs: scheduler.nowMs,
      stopBackoff: undefined,
      stopClocks: [],
    }
    const { order } = local
    cached.locals.set(order.seq, local)
    const tooLate = () => {
      scheduler.count('local activity out of time')
      resolve(cached, local, wrapped('Local Activity timed out', local, timedOut('scheduleToClose')))
    }
    local.stopClocks.push(
      scheduler.after(order.scheduleToCloseMs, `local ${order.type} too late`, tooLate, cached.process),
    )
    run(cached, local, workflowId)
  }

  function run(cached: Cached, local: LocalActivity, workflowId: string): void {
    const { process } = cached
    const { order } = local
    const token = ++local.token
    const isCurrent = () => cached.locals.get(order.seq) === local && local.token === token
    const stop = scheduler.after(
      order.startToCloseMs,
      `local ${order.type} timed out`,
      () => isCurrent() && fail(cached, local, workflowId, timedOut('startToClose'), true),
      process,
    )
    local.stopClocks.push(stop)
    void scheduler.as(process, async () => {
      const info = { attempt: local.attempt, isLocal: true, workflowId }
      const result = await attempt(process.activities, order, info)
      if (!isCurrent()) return scheduler.count('local activity ended after it was given up')
      stop()
      if ('payload' in result) resolve(cached, local, { completed: { result: result.payload } })
      else fail(cached, local, workflowId, result.failure, false)
    })
  }

  function fail(cached: Cached, local: LocalActivity, workflowId: string, failure: Failure, isTimeout: boolean): void {
    const { order } = local
    local.token++
    if (isRetryable(failure) && local.attempt < order.mostAttempts) {
      const again = () => {
        local.stopBackoff = undefined
        local.attempt++
        run(cached, local, workflowId)
      }
      scheduler.count('local activity tried again')
      local.stopBackoff = scheduler.after(
        retryDelayMs(order, local.attempt),
        `local ${order.type} again`,
        again,
        cached.process,
      )
      return
    }
    resolve(cached, local, isTimeout ? wrapped('Local Activity timed out', local, failure) : { failed: { failure } })
  }

  function resolve(cached: Cached, local: LocalActivity, result: Job): void {
    if (cached.locals.get(local.order.seq) !== local) return
    forget(cached, local)
    cached.resolved.push({ resolveActivity: { seq: local.order.seq, result, isLocal: true } })
    scheduler.after(0, `local ${local.order.type} resolved`, () => onResolved(cached), cached.process)
  }

  function forget(cached: Cached, local: LocalActivity): void {
    local.token++
    local.stopBackoff?.()
    for (const stop of local.stopClocks) stop()
    cached.locals.delete(local.order.seq)
  }

  return {
    start,
    /** One that runs is waited for; one that waits for its next attempt is over. */
    cancel(cached: Cached, seq: number): void {
      const local = cached.locals.get(seq)
      if (!local?.stopBackoff) return
      scheduler.count('local activity cancelled between attempts')
      const failure = activityFailure(
        'Local Activity cancelled',
        local.order.type,
        seq,
        retryState.cancelRequested,
        cancelled(),
      )
      resolve(cached, local, { cancelled: { failure } })
    },
    forgetAll(cached: Cached): void {
      for (const local of cached.locals.values()) forget(cached, local)
    },
  }
}

const wrapped = (message: string, { order }: LocalActivity, cause: Failure): Job => ({
  failed: { failure: activityFailure(message, order.type, order.seq, retryState.timeout, cause) },
})
