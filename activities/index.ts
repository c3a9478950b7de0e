import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { PaymentGateway } from '../gateways/payment/index.ts'
import type { SupplierGateway } from '../gateways/supplier/index.ts'
import type { WebhookSender } from '../gateways/webhooks/sender.ts'
import type { Database } from '../store/database.ts'
import type { SearchIndex } from '../store/search-index.ts'
import { createEventActivities, createEventStream } from './events.ts'
import { createOrderActivities } from './orders.ts'
import { createPaymentActivities } from './payments.ts'
import { createRecommendationActivities } from './recommendations.ts'
import { createReconciliationActivities, type Outside } from './reconciliation.ts'
import { createRefundActivities } from './refunds.ts'
import { createReplenishmentActivities } from './replenishments.ts'
import { createReturnActivities } from './returns.ts'
import { createSearchActivities } from './search-index.ts'
import { createSupplierActivities } from './suppliers.ts'
import { createWebhookActivities } from './webhooks.ts'

export type ActivityDeps = {
  database: Database
  redis?: Redis | undefined
  index?: SearchIndex | undefined
  gateways: { quick: PaymentGateway; patient: PaymentGateway }
  /** Present where suppliers are asked; without them the shop orders by hand. */
  suppliers?: SupplierGateway | undefined
  /** For the comparison of the books with the world. */
  outside?: Outside | undefined
  /** For what others want to hear of. */
  webhooks?: WebhookSender | undefined
  logger: Logger
}

export function createActivities(deps: ActivityDeps) {
  const stream = createEventStream(deps)
  const events = createEventActivities({ ...deps, stream })
  const search = createSearchActivities(deps)
  return {
    ...createOrderActivities(deps),
    ...createPaymentActivities({ ...deps, handOn: (told) => void stream(told) }),
    ...createRefundActivities(deps),
    ...createReplenishmentActivities(deps),
    ...createSupplierActivities(deps),
    ...createRecommendationActivities(deps),
    ...createReturnActivities(deps),
    ...createReconciliationActivities({ ...deps, ...events, ...search }),
    ...events,
    ...search,
    ...createWebhookActivities(deps),
  }
}

export type Activities = ReturnType<typeof createActivities>
