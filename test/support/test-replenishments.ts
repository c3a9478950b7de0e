import type { Client, WorkflowHandle } from '@temporalio/client'
import { replenishmentWorkflowId } from '../../domain/ids.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { findStock } from '../../store/inventory.ts'
import { findReplenishment } from '../../store/replenishments/index.ts'
import { receiveUpdate } from '../../workflows/replenishment.messages.ts'
import type { replenishment } from '../../workflows/replenishment.ts'
import type { Effect, Trouble } from './activity-faults.ts'
import { addProduct } from './shop-api.ts'

export type TestReplenishment = {
  replenishmentId: string
  productId: string
  handle: WorkflowHandle<typeof replenishment>
}

type Wish = { lateAfterMs?: number; productId?: string; troubles?: Partial<Record<Effect, Trouble>> }
type Deps = {
  database: Database
  client: Client
  taskQueue: string
  faults: { set: (subject: string, effect: Effect, trouble: Trouble) => void }
}

const UNITS = 10

/** Replenishments of ten units, started as the API does it. */
export function createTestReplenishments({ database, client, taskQueue, faults }: Deps) {
  return {
    async replenish({ lateAfterMs = 3_600_000, troubles = {}, ...wish }: Wish = {}): Promise<TestReplenishment> {
      const productId = wish.productId ?? (await addProduct(database, { onHand: 1, priceMinor: 100 }))
      const replenishmentId = newId('po')
      for (const [effect, trouble] of Object.entries(troubles)) faults.set(replenishmentId, effect as Effect, trouble)
      const handle = await client.workflow.start<typeof replenishment>('replenishment', {
        workflowId: replenishmentWorkflowId(replenishmentId),
        taskQueue,
        args: [{ replenishmentId, productId, quantity: UNITS, requestedBy: 'usr_staff', lateAfterMs }],
        staticSummary: 'A replenishment under test',
      })
      return { replenishmentId, productId, handle }
    },

    unitsCome: ({ handle }: TestReplenishment, quantity: number) =>
      handle.executeUpdate(receiveUpdate, { args: [{ quantity, by: 'dock', receipt_id: newId('rcp') }] }),

    /** Where the replenishment and the shelf are, in one look. */
    async shelf({ replenishmentId, productId }: TestReplenishment) {
      const [row, stock] = await Promise.all([
        findReplenishment(database, replenishmentId),
        findStock(database, productId),
      ])
      return {
        status: row?.status,
        received: row?.received,
        receipts: row?.receipts.length,
        needsAttention: row?.needsAttention,
        onHand: stock?.onHand,
        incoming: stock?.incoming,
      }
    },
  }
}
