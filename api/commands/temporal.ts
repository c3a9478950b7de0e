import {
  type Client,
  isGrpcServiceError,
  NamespaceNotFoundError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { Problem, type ProblemCode, problems } from '../../domain/problems.ts'

/** The way to Temporal as it is now: before the worker of this process runs, orders are not started eagerly. */
export type TemporalLink = { client: Client; taskQueue: string; canStartEagerly: boolean }

/** Temporal was asked and was not heard in time: what was asked may have been done. */
class Unheard extends Error {
  override readonly name = 'Unheard'
}

/**
 * Every call to Temporal is made through this: one to an absent worker would never return. The connection's own deadline
 * is not enough, as it applies to each of its attempts.
 */
export async function withDeadline<T>(client: Client, withinMs: number, call: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unheard(`Temporal did not answer within ${withinMs} ms`)), withinMs)
  })
  const answered = client.connection.withDeadline(Date.now() + withinMs, call)
  answered.catch(() => {}) // one that fails after we have stopped listening is nobody's unhandled rejection
  return Promise.race([answered, tooLate]).finally(() => clearTimeout(timer))
}

/**
 * CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, UNAVAILABLE: the others are
 * answers. FAILED_PRECONDITION comes from a workflow that is stuck in code with a mistake, until better code is deployed.
 */
const unheardCodes = new Set([1, 2, 4, 8, 9, 10, 14])

/** Whether Temporal was asked and we do not know what came of it. */
export function isUnheard(error: unknown): boolean {
  if (error instanceof Unheard || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true
  // An engine that cannot read its own database says so; it does not tell of our order.
  if (error instanceof NamespaceNotFoundError) return true
  if (isGrpcServiceError(error)) return unheardCodes.has(error.code)
  // The client wraps a failed call once more.
  return error instanceof Error && error.cause !== undefined && isUnheard(error.cause)
}

export const isGone = (error: unknown): boolean => error instanceof WorkflowNotFoundError

/** A refusal by the workflow, in the words of the problem table. */
export function refusalOf(error: unknown): Problem | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined
  const { type, message } = error.cause
  return type && type in problems ? new Problem(type as ProblemCode, { detail: message }) : undefined
}
