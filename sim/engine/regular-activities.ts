import { type ActivityOrder, attempt, readOrder, retryDelayMs } from './attempts.ts'
import type { EngineDeps, Execution, RegularActivity } from './execution.ts'
import {
  type AttemptResult,
  activityFailure,
  cancelled,
  type Failure,
  isRetryable,
  retryState,
  timedOut,
} from './failures.ts'
import type { Command, Job } from './workflow-host.ts'

const NOBODY_UP_MS = 400

/** Activities as the server keeps them: handed to whichever worker is there, timed, and tried again. */
export function createRegularActivities(
  { scheduler, processes }: EngineDeps,
  onEvent: (execution: Execution, event: Job) => void,
) {
  function schedule(execution: Execution, command: Command): void {
    const order = readOrder(command)
    const activity: RegularActivity = {
      order,
      attempt: 1,
      token: 0,
      state: 'scheduled',
      isCancelRequested: false,
      expiresMs: scheduler.nowMs + order.scheduleToCloseMs,
      last: undefined,
      stopClocks: [],
    }
    execution.activities.set(order.seq, activity)
    if (Number.isFinite(order.scheduleToCloseMs)) {
      const tooLate = () => {
        scheduler.count('activity out of time')
        const cause = timedOut('scheduleToClose', activity.last)
        settle(execution, activity, failedWith('Activity task timed out', order, retryState.timeout, cause))
      }
      activity.stopClocks.push(scheduler.after(order.scheduleToCloseMs, `${order.type} too late`, tooLate))
    }
    dispatch(execution, activity)
  }

  function dispatch(execution: Execution, activity: RegularActivity, delayMs = scheduler.latencyMs()): void {
    const token = ++activity.token
    scheduler.after(delayMs, `${activity.order.type} handed out`, () => {
      if (!isCurrent(execution, activity, token)) return
      const ready = processes.filter(({ isUp, frozenUntilMs }) => isUp && frozenUntilMs <= scheduler.nowMs)
      if (ready.length === 0) return dispatch(execution, activity, NOBODY_UP_MS)
      const process = scheduler.pick(ready)
      activity.state = 'started'
      const stop = scheduler.after(activity.order.startToCloseMs, `${activity.order.type} timed out`, () => {
        if (!isCurrent(execution, activity, token)) return
        scheduler.count('activity timed out with its worker')
        afterFailure(execution, activity, timedOut('startToClose', activity.last), true)
      })
      activity.stopClocks.push(stop)
      void scheduler.as(process, async () => {
        const info = { attempt: activity.attempt, isLocal: false, workflowId: execution.identity.workflowId }
        const result = await attempt(process.activities, activity.order, info)
        scheduler.afterHere(scheduler.latencyMs(), `${activity.order.type} reports`, () => {
          if (!isCurrent(execution, activity, token)) return scheduler.count('activity reported after it was given up')
          stop()
          report(execution, activity, result)
        })
      })
    })
  }

  function report(execution: Execution, activity: RegularActivity, result: AttemptResult): void {
    if ('payload' in result) settle(execution, activity, { completed: { result: result.payload } })
    else afterFailure(execution, activity, result.failure, false)
  }

  function afterFailure(execution: Execution, activity: RegularActivity, failure: Failure, isTimeout: boolean): void {
    const { order } = activity
    const message = isTimeout ? 'Activity task timed out' : 'Activity task failed'
    const delayMs = retryDelayMs(order, activity.attempt)
    const final = activity.isCancelRequested
      ? retryState.cancelRequested
      : !isRetryable(failure)
        ? retryState.nonRetryable
        : activity.attempt >= order.mostAttempts
          ? retryState.mostAttempts
          : scheduler.nowMs + delayMs > activity.expiresMs
            ? retryState.timeout
            : undefined
    if (final !== undefined) return settle(execution, activity, failedWith(message, order, final, failure))
    scheduler.count('activity tried again')
    activity.last = failure
    activity.attempt++
    activity.state = 'waiting'
    dispatch(execution, activity, delayMs)
  }

  function settle(execution: Execution, activity: RegularActivity, result: Job): void {
    const { seq } = activity.order
    if (execution.activities.get(seq) !== activity) return
    activity.token++
    for (const stop of activity.stopClocks) stop()
    execution.activities.delete(seq)
    onEvent(execution, { resolveActivity: { seq, result } })
  }

  return {
    schedule,
    /** Activities here send no heartbeats, so one that runs does not hear of it and is waited for. */
    cancel(execution: Execution, seq: number): void {
      const activity = execution.activities.get(seq)
      if (!activity) return
      activity.isCancelRequested = true
      if (activity.state === 'started') return scheduler.count('activity cancelled while it runs')
      scheduler.count('activity cancelled between attempts')
      settle(execution, activity, cancelledOf(activity.order))
    },
  }
}

const isCurrent = (execution: Execution, activity: RegularActivity, token: number): boolean =>
  execution.status === 'running' &&
  execution.activities.get(activity.order.seq) === activity &&
  activity.token === token

const failedWith = (message: string, order: ActivityOrder, state: number, cause: Failure): Job => ({
  failed: { failure: activityFailure(message, order.type, order.seq, state, cause) },
})

export const cancelledOf = (order: Pick<ActivityOrder, 'seq' | 'type'>): Job => ({
  cancelled: {
    failure: activityFailure('Activity cancelled', order.type, order.seq, retryState.cancelRequested, cancelled()),
  },
})
