import type { SupplierGateway, SuppliersOrder } from '../gateways/supplier/index.ts'
import { supplierOrderKey } from '../domain/ids.ts'
import type { Database } from '../store/database.ts'
import * as store from '../store/suppliers/index.ts'

type Deps = { database: Database; suppliers?: SupplierGateway | undefined }

/** So many suppliers are told at once that they are not waited for any more. */
const TOLD_AT_ONCE = 20

export type AskedOutcome = store.TurnStanding | Exclude<store.ChoiceOutcome, { outcome: 'chosen' }>

/** What a replenishment says to suppliers. Each may be repeated: one turn is one order under one key. */
export const createSupplierActivities = ({ database, suppliers }: Deps) => {
  const gateway = (): SupplierGateway => {
    if (!suppliers) throw new Error('This worker does not know where suppliers are asked: set SUPPLIER_URL')
    return suppliers
  }

  return {
    /**
     * Asks the supplier whose turn it is, or how its order stands. No answer yet is thrown, so that the engine asks again
     * by its retry policy, for hours or days, and an operator sees how often and since when.
     */
    async askSupplier(turn: store.Turn): Promise<AskedOutcome> {
      const chosen = await store.chooseSupplier(database, turn)
      if (chosen.outcome !== 'chosen') return chosen
      const word = wordOf(
        await gateway().place({ key: supplierOrderKey(turn.replenishmentId, turn.turn), ...asked(chosen) }),
      )
      if (!word) throw new SupplierHasNotAnswered(`${chosen.supplierName} has not answered yet`)
      return store.recordSupplierWord(database, turn, word)
    },

    /** Presses those who have not answered, or those who have not delivered, once for each number. */
    async remindSuppliers(reminder: {
      replenishmentId: string
      about: 'answer' | 'delivery'
      number: number
    }): Promise<void> {
      const { replenishmentId, about, number } = reminder
      const status = about === 'answer' ? 'asked' : 'confirmed'
      for (const order of await store.listAsked(database, { replenishmentId, status })) {
        const key = supplierOrderKey(replenishmentId, order.turn)
        const { supplierId, supplierName } = order
        await gateway().remind({ key, supplierId, supplierName, reminderKey: `${key}:${about}:${number}`, about })
        await store.recordReminder(database, order, number)
      }
    },

    withdrawSupplierOrder: (turn: store.Turn) => store.withdrawSupplierOrder(database, turn),

    /** Tells suppliers that they are not waited for any more, of one replenishment or of all, until each has heard it. */
    async tellWithdrawals({ replenishmentId }: { replenishmentId?: string }): Promise<void> {
      for (;;) {
        const untold = await store.listUntold(database, { replenishmentId, limit: TOLD_AT_ONCE })
        const outcomes = await Promise.allSettled(
          untold.map(async ({ supplierId, supplierName, ...turn }) => {
            const key = supplierOrderKey(turn.replenishmentId, turn.turn)
            await gateway().withdraw({ key, supplierId, supplierName })
            await store.recordTold(database, turn)
          }),
        )
        const failure = outcomes.find(({ status }) => status === 'rejected')
        if (failure) throw (failure as PromiseRejectedResult).reason
        if (untold.length < TOLD_AT_ONCE) return
      }
    },
  }
}

class SupplierHasNotAnswered extends Error {
  override readonly name = 'SupplierHasNotAnswered'
}

const asked = ({ supplierId, supplierName, supplierSku, quantity, unitCostMinor, currency }: store.SupplierOrder) => ({
  ...{ supplierId, supplierName, sku: supplierSku, quantity, unitCostMinor, currency },
})

/** What it comes to for us. An order that its supplier does not carry out, for whatever reason, is refused. */
function wordOf(order: SuppliersOrder): store.SupplierWord | undefined {
  if (order.status === 'received') return undefined
  if (order.status === 'confirmed' && order.confirmedQuantity > 0)
    return { status: 'confirmed', quantity: order.confirmedQuantity, expectedAt: order.expectedAt }
  return { status: 'refused', reason: order.reason ?? order.status }
}
