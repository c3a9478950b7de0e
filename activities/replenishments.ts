import { reorderQuantityOf } from '../domain/reorder-quantity.ts'
import type { Database } from '../store/database.ts'
import { newId } from '../store/ids.ts'
import { MAX_ON_HAND } from '../store/inventory.ts'
import * as replenishments from '../store/replenishments/index.ts'

/** What a replenishment does to our books. Each may be repeated. */
export const createReplenishmentActivities = ({ database }: { database: Database }) => ({
  openReplenishment: (request: replenishments.ReplenishmentRequest) =>
    replenishments.openReplenishment(database, request),
  orderReplenishment: (order: { replenishmentId: string }) => replenishments.orderReplenishment(database, order),
  receiveUnits: (receipt: replenishments.Receipt) => replenishments.receiveUnits(database, receipt),
  cancelReplenishment: (cancellation: { replenishmentId: string; by: string; reason: string }) =>
    replenishments.cancelReplenishment(database, cancellation),
  flagReplenishment: (attention: { replenishmentId: string; why: string }) =>
    replenishments.flagReplenishment(database, attention),

  /** A page of what is due, each with the id that its replenishment will have. */
  async listDueForReorder(page: { after: string; limit: number }): Promise<replenishments.ReplenishmentRequest[]> {
    const due = await replenishments.listDue(database, page)
    return due.map((demand) => ({
      replenishmentId: newId('po'),
      productId: demand.productId,
      quantity: Math.min(reorderQuantityOf(demand), MAX_ON_HAND),
      requestedBy: 'shop',
    }))
  },
})
