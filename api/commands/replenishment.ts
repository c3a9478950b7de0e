import type { UpdateDefinition } from '@temporalio/common'
import { replenishmentWorkflowId } from '../../domain/ids.ts'
import type { ReplenishmentStatus } from '../../domain/replenishment.ts'
import type { Database } from '../../store/database.ts'
import { findReplenishment, type Replenishment } from '../../store/replenishments/index.ts'
import { replenishedUpdate, type ReplenishmentInput } from '../../workflows/replenishment.messages.ts'
import { ask, type Heard, startAndHear, unheard, type WorkDeps } from './started-work.ts'
import type { TemporalLink } from './temporal.ts'

/** Starts a replenishment, or joins the one that runs, and waits until its units are on order. */
export async function requestReplenishment(
  deps: WorkDeps,
  input: ReplenishmentInput,
  isFirst: boolean,
): Promise<Replenishment> {
  const workflowId = replenishmentWorkflowId(input.replenishmentId)
  const isOrdered = ({ status }: Replenishment) => status !== 'draft'
  const work = {
    id: input.replenishmentId,
    type: 'replenishment',
    workflowId,
    input,
    requested: replenishedUpdate,
    summary: `${input.quantity} ${input.quantity === 1 ? 'unit' : 'units'} of ${input.productId}`,
    guide: operatorGuide(workflowId),
    find: (database: Database) => findReplenishment(database, input.replenishmentId),
    isKnown: isOrdered,
  }
  const found = await startAndHear(deps, work, isFirst)
  if (!found || !isOrdered(found)) throw unheard()
  return found
}

export const askReplenishment = <Request>(
  temporal: TemporalLink,
  update: UpdateDefinition<ReplenishmentStatus, [Request]>,
  replenishmentId: string,
  request: Request,
): Promise<Heard> => ask(temporal, replenishmentWorkflowId(replenishmentId), update, request)

const operatorGuide = (workflowId: string): string => `
Count in what has come, or stop waiting for what has not, from here or with the CLI:

\`\`\`
temporal workflow signal --workflow-id ${workflowId} --name receive --input '{"quantity":10,"by":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name cancel --input '{"by":"…","reason":"…"}'
\`\`\`

A signal is counted each time it is sent; the API counts one \`Idempotency-Key\` once.
`
