import { WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { UpdateDefinition, Workflow } from '@temporalio/common'
import { Problem, type ProblemCode } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import type { Outcomes } from '../../store/outcomes.ts'
import { findRefusal } from '../../store/refused-requests.ts'
import { isAnswer } from '../idempotency.ts'
import { isGone, isUnheard, refusalOf, type TemporalLink, withDeadline } from './temporal.ts'

const OUTCOME_WITHIN_MS = 8_000
const START_WITHIN_MS = 4_000
/** Announcements can be lost with their connection; then we look for ourselves this often. */
const LOOK_EVERY_MS = 500

/** `unheard`: what comes of it is not known in time, and it goes on. `ended`: there is no running workflow any more. */
export type Heard = 'done' | 'unheard' | 'ended'

export type WorkDeps = { database: Database; temporal: TemporalLink; outcomes: Outcomes }

type Work<Found> = {
  /** As our books call it, and announce what becomes of it. */
  id: string
  type: string
  workflowId: string
  input: object
  /** Answers once it is known what becomes of the work. */
  requested: UpdateDefinition<unknown>
  summary: string
  /** How operators speak to it, in Markdown. */
  guide: string
  find: (database: Database) => Promise<Found | undefined>
  /** Whether it is known what becomes of it: it is done, or waits for somebody. */
  isKnown: (found: Found) => boolean
}

/**
 * Starts work, or joins what an earlier attempt started, and hears from our books what became of it: undefined or as far
 * as it has come, if that is not known in time. A refusal is thrown. Safe to call any number of times for one id.
 */
export function startAndHear<Found>(deps: WorkDeps, work: Work<Found>, isFirst: boolean): Promise<Found | undefined> {
  return isFirst ? startFirst(deps, work) : join(deps, work)
}

/** Nobody has started it yet: its first task comes back with the answer to the start, where this process can do it. */
async function startFirst<Found>(deps: WorkDeps, work: Work<Found>): Promise<Found | undefined> {
  const { temporal, outcomes } = deps
  const deadline = Date.now() + OUTCOME_WITHIN_MS
  let told = outcomes.next(work.id, LOOK_EVERY_MS)
  try {
    await withDeadline(temporal.client, START_WITHIN_MS, () =>
      temporal.client.workflow.start<Workflow>(work.type, {
        ...startOptions(temporal, work),
        requestEagerStart: temporal.canStartEagerly,
      }),
    )
  } catch (error) {
    // One that was not answered may have worked, and another attempt may have been faster: the books will say.
    if (!isOver(error) && !isUnheard(error)) throw error
  }
  for (;;) {
    await told
    const leftMs = deadline - Date.now()
    told = outcomes.next(work.id, Math.max(Math.min(LOOK_EVERY_MS, leftMs), 1))
    const found = await look(deps.database, work)
    if (leftMs <= 0 || (found !== undefined && work.isKnown(found))) return found
  }
}

async function join<Found>({ database, temporal }: WorkDeps, work: Work<Found>): Promise<Found | undefined> {
  const found = await look(database, work)
  if (found !== undefined && work.isKnown(found)) return found
  const { client } = temporal
  const startWorkflowOperation = new WithStartWorkflowOperation<Workflow>(work.type, startOptions(temporal, work))
  try {
    await withDeadline(client, OUTCOME_WITHIN_MS, () =>
      client.workflow.executeUpdateWithStart(work.requested, { startWorkflowOperation, updateId: 'requested' }),
    )
  } catch (error) {
    if (!isOver(error) && !isUnheard(error)) throw refusalOf(error) ?? error
  }
  return look(database, work)
}

const isOver = (error: unknown): boolean => error instanceof WorkflowExecutionAlreadyStartedError || isGone(error)

const startOptions = (
  { taskQueue }: TemporalLink,
  { workflowId, input, summary, guide }: Pick<Work<unknown>, 'workflowId' | 'input' | 'summary' | 'guide'>,
) => ({
  workflowId,
  taskQueue,
  args: [input],
  workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  workflowTaskTimeout: '5s' as const,
  staticSummary: summary,
  staticDetails: guide,
})

type Refusal = { outcome: 'refused'; problem: ProblemCode; detail: string }

async function look<Found>(database: Database, { id, find }: Work<Found>): Promise<Found | undefined> {
  const found = await find(database)
  if (found !== undefined) return found
  const refused = await findRefusal<Refusal>(database, id)
  if (refused) throw new Problem(refused.problem, { detail: refused.detail })
  return undefined
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
  /** Whether it stands, as everyone sees it, where just this can be asked. */
  isAwaited: (found: Found) => boolean
  /** Why what has ended cannot be asked any more. */
  over: (found: Found) => Problem
}

/** Hears what came of asking. Our books say whether it was done, also where the answer got lost. */
export async function doneByBooks<Found>(
  asking: Promise<Heard>,
  { look, isDone, isOpen, isAwaited, over }: Look<Found>,
): Promise<Found> {
  const refused = await asking.catch((error: unknown) => {
    if (isAnswer(error)) return error
    throw error
  })
  const found = await look()
  if (isDone(found)) return found
  if (refused instanceof Problem) {
    // After a crash the workflow is behind what it wrote, for as long as its task takes to come back.
    throw refused.code === 'invalid_transition' && isAwaited(found) ? unheard() : refused
  }
  if (refused === 'ended' && !isOpen(found)) throw over(found)
  throw unheard()
}
