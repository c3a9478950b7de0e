import type { Client } from '@temporalio/client'
import {
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { Problem, type ProblemCode, problems } from '../../domain/problems.ts'

/** A call without a deadline never returns while no worker is there; every call to Temporal is made through this. */
export const withDeadline = <T>(client: Client, withinMs: number, call: () => Promise<T>): Promise<T> =>
  client.connection.withDeadline(Date.now() + withinMs, call)

/** Whether Temporal was asked and we do not know what came of it. */
export const isUnheard = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
  isGrpcServiceError(error) ||
  // The client wraps a failed call once more.
  (error instanceof Error && error.cause !== undefined && isGrpcServiceError(error.cause))

export const isGone = (error: unknown): boolean => error instanceof WorkflowNotFoundError

/** A refusal by the workflow, in the words of the problem table. */
export function refusalOf(error: unknown): Problem | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined
  const { type, message } = error.cause
  return type && type in problems ? new Problem(type as ProblemCode, { detail: message }) : undefined
}
