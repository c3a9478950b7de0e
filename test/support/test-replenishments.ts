import type { Client, WorkflowHandle } from '@temporalio/client'
import { replenishmentWorkflowId } from '../../domain/ids.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { findStock } from '../../store/inventory.ts'
import { findReplenishment } from '../../store/replenishments/index.ts'
import { createSupplier, setSources } from '../../store/suppliers/index.ts'
import { receiveUpdate, type SupplierPatience } from '../../workflows/replenishment.messages.ts'
import type { replenishment } from '../../workflows/replenishment.ts'
import type { Effect, Trouble } from './activity-faults.ts'
import { addProduct } from './shop-api.ts'

export type TestReplenishment = {
  replenishmentId: string
  productId: string
  handle: WorkflowHandle<typeof replenishment>
}

type Wish = {
  lateAfterMs?: number
  /** Of whom the product can be had, the preferred one first, and how long each may take. */
  suppliers?: string[]
  patience?: Partial<SupplierPatience>
  productId?: string
  troubles?: Partial<Record<Effect, Trouble>>
}
type Deps = {
  database: Database
  client: Client
  taskQueue: string
  faults: { set: (subject: string, effect: Effect, trouble: Trouble) => void }
}

const UNITS = 10
const patience: SupplierPatience = { answerWithinMs: 3_600_000, chaseEveryMs: 3_600_000, chases: 2 }

/** Replenishments of ten units, started as the API does it. */
export function createTestReplenishments({ database, client, taskQueue, faults }: Deps) {
  /** Each name is a supplier of its own. */
  async function supplied(productId: string, names: string[]): Promise<void> {
    const suppliers = await Promise.all(names.map((name) => createSupplier(database, { id: newId('sup'), name })))
    const terms = { supplierSku: 'THING', leadTimeDays: 7, unitCostMinor: 50, currency: 'USD' }
    await setSources(
      database,
      productId,
      suppliers.map(({ id }) => ({ supplierId: id, ...terms })),
    )
  }

  return {
    async replenish({
      lateAfterMs = 3_600_000,
      troubles = {},
      suppliers,
      ...wish
    }: Wish = {}): Promise<TestReplenishment> {
      const productId = wish.productId ?? (await addProduct(database, { onHand: 1, priceMinor: 100 }))
      const replenishmentId = newId('po')
      if (suppliers) await supplied(productId, suppliers)
      for (const [effect, trouble] of Object.entries(troubles)) faults.set(replenishmentId, effect as Effect, trouble)
      const handle = await client.workflow.start<typeof replenishment>('replenishment', {
        workflowId: replenishmentWorkflowId(replenishmentId),
        taskQueue,
        args: [
          {
            ...{ replenishmentId, productId, quantity: UNITS, requestedBy: 'usr_staff', lateAfterMs },
            ...(suppliers && { suppliers: { ...patience, ...wish.patience } }),
          },
        ],
        staticSummary: 'A replenishment under test',
      })
      return { replenishmentId, productId, handle }
    },

    unitsCome: ({ handle }: TestReplenishment, quantity: number) =>
      handle.executeUpdate(receiveUpdate, { args: [{ quantity, by: 'dock', receipt_id: newId('rcp') }] }),

    /** Whom it asked, and what came of that, in words. */
    async asked({ replenishmentId }: TestReplenishment): Promise<string[]> {
      const found = await findReplenishment(database, replenishmentId)
      return (found?.asked ?? []).map(({ status, quantity, confirmedQuantity, reminders }) =>
        [`${status} ${confirmedQuantity} of ${quantity}`, ...(reminders > 0 ? [`${reminders} reminders`] : [])].join(
          ', ',
        ),
      )
    },

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
