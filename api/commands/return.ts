import type { UpdateDefinition } from '@temporalio/common'
import { returnWorkflowId } from '../../domain/ids.ts'
import type { ReturnStatus } from '../../domain/return.ts'
import type { Database } from '../../store/database.ts'
import { findReturn, type Return } from '../../store/returns/index.ts'
import { returnRequestedUpdate, type ReturnInput } from '../../workflows/return.messages.ts'
import { ask, type Heard, startAndHear, unheard, type WorkDeps } from './started-work.ts'
import type { TemporalLink } from './temporal.ts'

/** Starts a return, or joins the one that runs, and waits until its units are claimed. */
export async function requestReturn(deps: WorkDeps, input: ReturnInput, isFirst: boolean): Promise<Return> {
  const workflowId = returnWorkflowId(input.returnId)
  const units = input.items.reduce((sum, { quantity }) => sum + quantity, 0)
  const work = {
    id: input.returnId,
    type: 'returnOfGoods',
    workflowId,
    input,
    requested: returnRequestedUpdate,
    summary: `Return of ${units} ${units === 1 ? 'unit' : 'units'} of ${input.orderId}`,
    guide: operatorGuide(workflowId, input.items[0]?.productId ?? 'prd_…'),
    find: (database: Database) => findReturn(database, input.returnId),
    isKnown: () => true,
  }
  const opened = await startAndHear(deps, work, isFirst)
  if (!opened) throw unheard()
  return opened
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
