import type { UpdateDefinition } from '@temporalio/common'
import { refundWorkflowId } from '../../domain/ids.ts'
import type { RefundStatus } from '../../domain/refund.ts'
import type { Database } from '../../store/database.ts'
import { findRefund, type Refund } from '../../store/refunds/index.ts'
import { type RefundInput, requestedUpdate } from '../../workflows/refund.messages.ts'
import { ask, type Heard, startAndHear, unheard, type WorkDeps } from './started-work.ts'
import type { TemporalLink } from './temporal.ts'

type AskedRefund = { input: RefundInput; summary: string; isFirst: boolean }

/** Starts a refund, or joins the one that runs, and waits for what becomes of it. */
export async function requestRefund(deps: WorkDeps, { input, summary, isFirst }: AskedRefund): Promise<Refund> {
  const workflowId = refundWorkflowId(input.refundId)
  const work = {
    id: input.refundId,
    type: 'refund',
    workflowId,
    input,
    requested: requestedUpdate,
    summary,
    guide: operatorGuide(workflowId),
    find: (database: Database) => findRefund(database, input.refundId),
    isKnown: ({ status }: Refund) => status !== 'processing',
  }
  const refund = await startAndHear(deps, work, isFirst)
  if (!refund) throw unheard()
  return refund
}

export const askRefund = <Request>(
  temporal: TemporalLink,
  update: UpdateDefinition<RefundStatus, [Request]>,
  refundId: string,
  request: Request,
): Promise<Heard> => ask(temporal, refundWorkflowId(refundId), update, request)

const operatorGuide = (workflowId: string): string => `
Decide about a refund that waits, from here or with the CLI:

\`\`\`
temporal workflow signal --workflow-id ${workflowId} --name approve --input '{"by":"…","reason":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name reject --input '{"by":"…","reason":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name resolve --input '{"action":"retry"}'
\`\`\`

\`resolve\` is for a refund that the gateway refused: \`retry\` asks it once more, \`skip\` leaves it at that.
`
