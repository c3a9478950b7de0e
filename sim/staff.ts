import { defaultPayloadConverter } from '@temporalio/common'
import type { Database } from '../store/database.ts'
import { abandonCheckout } from '../store/reconciliation/index.ts'
import type { Engine } from './engine/engine.ts'
import type { Scheduler } from './scheduler.ts'
import { REPLENISHMENT_POLICY } from './shop.ts'

type Deps = { scheduler: Scheduler; engine: Engine; database: Database }

/** The clock of the shop: looks what has run low, and tells suppliers what they could not be told. */
export function sweepShelves({ scheduler, engine }: Omit<Deps, 'database'>): void {
  const workflowId = `reorder-sweep-${scheduler.random()}`
  const args = [defaultPayloadConverter.toPayload(REPLENISHMENT_POLICY) as object]
  engine.start({ workflowId, type: 'reorderSweep', taskQueue: 'orders', args })
}

/** What calls for somebody who has it tried again: an undo of an order, the refund of a return. */
const waiting = `
  select 'order-' || id as workflow, 'resolve' as signal from orders where needs_attention like '%signal resolve%'
  union all
  select 'return-' || id, 'retry' from returns where status = 'received' and needs_attention is not null
  order by workflow`

/**
 * What the comparison of the books does with a request that nobody began with: its start got lost, and its customer had
 * been refused at the door by another attempt.
 */
export async function giveUpForgotten({ scheduler, database }: Omit<Deps, 'engine'>): Promise<void> {
  const { rows } = await database.query<{ id: string }>(
    `select order_id as id from checkouts where outcome = 'received' order by order_id`,
  )
  for (const { id } of rows)
    if (await abandonCheckout(database, id)) scheduler.count('request given up that nobody began with')
}

/** Staff see to what calls for a person. Answers how much did. */
export async function seeToIt({ scheduler, engine, database }: Deps): Promise<number> {
  const { rows } = await database.query<{ workflow: string; signal: string }>(waiting)
  for (const { workflow, signal } of rows) {
    scheduler.count(`${signal} for a person`)
    const execution = engine.find(workflow)
    if (execution) engine.signal(execution, signal, [])
  }
  return rows.length
}
