import { WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { UpdateDefinition, Workflow } from '@temporalio/common'
import { Problem, type ProblemCode } from '../../domain/problems.ts'
import { isAnswer } from '../idempotency.ts'
import { isGone, isUnheard, refusalOf, type TemporalLink, withDeadline } from './temporal.ts'

const OUTCOME_WITHIN_MS = 8_000

/** `unheard`: what comes of it is not known in time, and it goes on. `ended`: there is no running workflow any more. */
export type Heard = 'done' | 'unheard' | 'ended'

type Work = {
  type: string
  workflowId: string
  input: object
  /** Answers with what becomes of the work. */
  requested: UpdateDefinition<unknown>
  summary: string
  /** How operators speak to it, in Markdown. */
  guide: string
}

/** A workflow that may refuse to begin leaves nothing in our books: the engine remembers why. */
type Result = { status: string; problem?: ProblemCode; detail?: string }

/**
 * Starts work, or joins the one that runs, and waits for what becomes of it. Safe to call any number of times for one
 * workflow id.
 */
export async function startAndHear({ client, taskQueue }: TemporalLink, work: Work): Promise<Heard> {
  const { type, workflowId, input, requested, summary, guide } = work
  const startWorkflowOperation = new WithStartWorkflowOperation<Workflow>(type, {
    workflowId,
    taskQueue,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5s',
    staticSummary: summary,
    staticDetails: guide,
  })
  try {
    await withDeadline(client, OUTCOME_WITHIN_MS, () =>
      client.workflow.executeUpdateWithStart(requested, { startWorkflowOperation, updateId: 'requested' }),
    )
    return 'done'
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError || isGone(error)) return howItEnded(client, workflowId)
    if (isUnheard(error)) return 'unheard'
    throw refusalOf(error) ?? error
  }
}

async function howItEnded(client: TemporalLink['client'], workflowId: string): Promise<'ended' | 'unheard'> {
  try {
    const result = await withDeadline(
      client,
      OUTCOME_WITHIN_MS,
      () => client.workflow.getHandle(workflowId).result() as Promise<Result>,
    )
    if (result.problem) throw new Problem(result.problem, result.detail === undefined ? {} : { detail: result.detail })
    return 'ended'
  } catch (error) {
    if (isUnheard(error)) return 'unheard'
    throw error
  }
}

/** Asks something of running work. `unheard`: it may have been done. */
export async function ask<Request>(
  { client }: TemporalLink,
  workflowId: string,
  update: UpdateDefinition<unknown, [Request]>,
  request: Request,
): Promise<Heard> {
  try {
    await withDeadline(client, OUTCOME_WITHIN_MS, () =>
      client.workflow.getHandle(workflowId).executeUpdate(update, { args: [request] }),
    )
    return 'done'
  } catch (error) {
    if (isGone(error)) return 'ended'
    if (isUnheard(error)) return 'unheard'
    throw refusalOf(error) ?? error
  }
}

export const unheard = (): Problem =>
  new Problem('unavailable', { detail: 'It is not known yet whether this was done. Repeat the same request.' })

type Look<Found> = {
  look: () => Promise<Found>
  isDone: (found: Found) => boolean
  isOpen: (found: Found) => boolean
  /** Why what has ended cannot be asked any more. */
  over: (found: Found) => Problem
}

/** Hears what came of asking. Our books say whether it was done, also where the answer got lost. */
export async function doneByBooks<Found>(
  asking: Promise<Heard>,
  { look, isDone, isOpen, over }: Look<Found>,
): Promise<Found> {
  const refused = await asking.catch((error: unknown) => {
    if (isAnswer(error)) return error
    throw error
  })
  const found = await look()
  if (isDone(found)) return found
  if (refused instanceof Problem) throw refused
  if (refused === 'ended' && !isOpen(found)) throw over(found)
  throw unheard()
}
