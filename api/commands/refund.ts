import type { UpdateDefinition } from '@temporalio/common'
import { refundWorkflowId } from '../../domain/ids.ts'
import type { RefundStatus } from '../../domain/refund.ts'
import { type RefundInput, requestedUpdate } from '../../workflows/refund.messages.ts'
import { ask, type Heard, startAndHear } from './started-work.ts'
import type { TemporalLink } from './temporal.ts'

/** Starts a refund, or joins the one that runs, and waits for what becomes of it. */
export function requestRefund(temporal: TemporalLink, input: RefundInput, summary: string): Promise<Heard> {
  const workflowId = refundWorkflowId(input.refundId)
  const guide = operatorGuide(workflowId)
  return startAndHear(temporal, { type: 'refund', workflowId, input, requested: requestedUpdate, summary, guide })
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
