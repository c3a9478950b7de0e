import type { Database } from '../store/database.ts'
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
})
