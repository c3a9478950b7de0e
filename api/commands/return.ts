import type { UpdateDefinition } from '@temporalio/common'
import { returnWorkflowId } from '../../domain/ids.ts'
import type { ReturnStatus } from '../../domain/return.ts'
import { returnRequestedUpdate, type ReturnInput } from '../../workflows/return.messages.ts'
import { ask, type Heard, startAndHear } from './started-work.ts'
import type { TemporalLink } from './temporal.ts'

/** Starts a return, or joins the one that runs, and waits until its units are claimed. */
export function requestReturn(temporal: TemporalLink, input: ReturnInput): Promise<Heard> {
  const workflowId = returnWorkflowId(input.returnId)
  const units = input.items.reduce((sum, { quantity }) => sum + quantity, 0)
  return startAndHear(temporal, {
    type: 'returnOfGoods',
    workflowId,
    input,
    requested: returnRequestedUpdate,
    summary: `Return of ${units} ${units === 1 ? 'unit' : 'units'} of ${input.orderId}`,
    guide: operatorGuide(workflowId, input.items[0]?.productId ?? 'prd_…'),
  })
}

export const askReturn = <Request>(
  temporal: TemporalLink,
  update: UpdateDefinition<ReturnStatus, [Request]>,
  returnId: string,
  request: Request,
): Promise<Heard> => ask(temporal, returnWorkflowId(returnId), update, request)

const operatorGuide = (workflowId: string, productId: string): string => `
Decide about it and count in what has come, from here or with the CLI:

\`\`\`
temporal workflow signal --workflow-id ${workflowId} --name approve --input '{"by":"…","reason":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name deny --input '{"by":"…","reason":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name receive --input '{"items":[{"product_id":"${productId}","quantity":1,"restock":true}],"by":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name retry --input '{"by":"…"}'
\`\`\`

\`retry\` is for a return whose refund has failed. A signal \`receive\` is counted each time it is sent; the API counts one \`Idempotency-Key\` once.
`
