import { WithStartWorkflowOperation, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { UpdateDefinition } from '@temporalio/common'
import { refundWorkflowId } from '../../domain/ids.ts'
import { Problem, problems } from '../../domain/problems.ts'
import type { RefundStatus } from '../../domain/refund.ts'
import { type RefundInput, requestedUpdate } from '../../workflows/refund.messages.ts'
import type { refund } from '../../workflows/refund.ts'
import { isGone, isUnheard, refusalOf, type TemporalLink, withDeadline } from './temporal.ts'

const OUTCOME_WITHIN_MS = 8_000

/**
 * Starts a refund, or joins the one that runs, and waits for what becomes of it. `unheard`: it is not known in time, and
 * the refund goes on. `ended`: it is over. Safe to call any number of times for one refund.
 */
export async function requestRefund(
  { client, taskQueue }: TemporalLink,
  input: RefundInput,
  summary: string,
): Promise<'done' | 'unheard' | 'ended'> {
  const workflowId = refundWorkflowId(input.refundId)
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof refund>('refund', {
    workflowId,
    taskQueue,
    args: [input],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5s',
    staticSummary: summary,
    staticDetails: operatorGuide(workflowId),
  })
  try {
    await withDeadline(client, OUTCOME_WITHIN_MS, () =>
      client.workflow.executeUpdateWithStart(requestedUpdate, { startWorkflowOperation, updateId: 'requested' }),
    )
    return 'done'
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError || isGone(error)) return howItEnded(client, workflowId)
    if (isUnheard(error)) return 'unheard'
    throw refusalOf(error) ?? error
  }
}

/** A refusal leaves nothing in our books: the engine remembers it. */
async function howItEnded(client: TemporalLink['client'], workflowId: string): Promise<'ended' | 'unheard'> {
  try {
    const result = await withDeadline(client, OUTCOME_WITHIN_MS, () =>
      client.workflow.getHandle<typeof refund>(workflowId).result(),
    )
    if (result.status === 'refused') throw new Problem(result.problem, { detail: result.detail })
    return 'ended'
  } catch (error) {
    if (isUnheard(error)) return 'unheard'
    throw error
  }
}

/** Asks something of a refund. `ended`: there is no running workflow to ask; `unheard`: it may have been done. */
export async function askRefund<Request>(
  { client }: TemporalLink,
  update: UpdateDefinition<RefundStatus, [Request]>,
  refundId: string,
  request: Request,
): Promise<'done' | 'unheard' | 'ended'> {
  try {
    await withDeadline(client, OUTCOME_WITHIN_MS, () =>
      client.workflow.getHandle(refundWorkflowId(refundId)).executeUpdate(update, { args: [request] }),
    )
    return 'done'
  } catch (error) {
    if (isGone(error)) return 'ended'
    if (isUnheard(error)) return 'unheard'
    throw refusalOf(error) ?? error
  }
}

/** Whether a problem is the refund's answer for good, to be given again to whoever repeats the request. */
export const isAnswer = (error: unknown): error is Problem =>
  error instanceof Problem && problems[error.code].status < 500

const operatorGuide = (workflowId: string): string => `
Decide about a refund that waits, from here or with the CLI:

\`\`\`
temporal workflow signal --workflow-id ${workflowId} --name approve --input '{"by":"…","reason":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name reject --input '{"by":"…","reason":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name resolve --input '{"action":"retry"}'
\`\`\`

\`resolve\` is for a refund that the gateway refused: \`retry\` asks it once more, \`skip\` leaves it at that.
`
