import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { PaymentGateway } from '../gateways/payment/index.ts'
import type { Database } from '../store/database.ts'
import type { SearchIndex } from '../store/search-index.ts'
import { createEventActivities } from './events.ts'
import { createOrderActivities } from './orders.ts'
import { createPaymentActivities } from './payments.ts'
import { createRefundActivities } from './refunds.ts'
import { createReplenishmentActivities } from './replenishments.ts'
import { createSearchActivities } from './search-index.ts'

export type ActivityDeps = {
  database: Database
  redis?: Redis | undefined
  index?: SearchIndex | undefined
  gateways: { quick: PaymentGateway; patient: PaymentGateway }
  logger: Logger
}

export const createActivities = (deps: ActivityDeps) => ({
  ...createOrderActivities(deps),
  ...createPaymentActivities(deps),
  ...createRefundActivities(deps),
  ...createReplenishmentActivities(deps),
  ...createEventActivities(deps),
  ...createSearchActivities(deps),
})

export type Activities = ReturnType<typeof createActivities>
