import { defaultPayloadConverter } from '@temporalio/common'
import { MockActivityEnvironment } from '@temporalio/testing'
import { activityBoundary } from '../../activities/boundary.ts'
import { type AttemptResult, completed, failed } from './failures.ts'
import { type Command, durationMs } from './workflow-host.ts'

/** An activity as a workflow asked for it. */
export type ActivityOrder = {
  seq: number
  type: string
  args: object[]
  startToCloseMs: number
  scheduleToCloseMs: number
  firstRetryMs: number
  backoff: number
  longestRetryMs: number
  mostAttempts: number
}

export function readOrder(command: Command): ActivityOrder {
  const retry = command.retryPolicy ?? {}
  const firstRetryMs = durationMs(retry.initialInterval) ?? 1_000
  const scheduleToCloseMs = durationMs(command.scheduleToCloseTimeout) ?? Number.POSITIVE_INFINITY
  return {
    seq: command.seq,
    type: command.activityType,
    args: command.arguments,
    startToCloseMs: durationMs(command.startToCloseTimeout) ?? scheduleToCloseMs,
    scheduleToCloseMs,
    firstRetryMs,
    backoff: retry.backoffCoefficient || 2,
    longestRetryMs: durationMs(retry.maximumInterval) ?? firstRetryMs * 100,
    mostAttempts: retry.maximumAttempts || Number.POSITIVE_INFINITY,
  }
}

export const retryDelayMs = (order: ActivityOrder, attempt: number): number =>
  Math.min(order.firstRetryMs * order.backoff ** (attempt - 1), order.longestRetryMs)

// oxlint-disable-next-line typescript/no-explicit-any -- each takes what its workflow sends
export type Activities = Record<string, (...args: any[]) => Promise<unknown>>

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/** Runs one attempt as a worker does: in an activity's context, behind the shop's own interceptor. */
export async function attempt(
  activities: Activities,
  order: ActivityOrder,
  info: { attempt: number; isLocal: boolean; workflowId: string },
): Promise<AttemptResult> {
  const environment = new MockActivityEnvironment(
    {
      attempt: info.attempt,
      isLocal: info.isLocal,
      activityType: order.type,
      activityId: `${order.seq}`,
      workflowExecution: { workflowId: info.workflowId, runId: info.workflowId },
    },
    { interceptors: [activityBoundary], logger: silent },
  )
  try {
    const args = order.args.map((arg) => defaultPayloadConverter.fromPayload(arg))
    return completed(await environment.run(activities[order.type] as never, ...(args as never[])))
  } catch (error) {
    return failed(error)
  }
}
