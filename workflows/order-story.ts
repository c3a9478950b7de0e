import type { CancelReason } from '../domain/order.ts'
import type { OrderFact } from '../store/events.ts'
import type { OrderInput } from './order.messages.ts'
import type { Desk } from './order-desk.ts'
import type { Journey } from './order-journey.ts'
import type { Saga } from './saga.ts'

/** Why an order is given up, and who decided it. */
export type Ending = { reason: CancelReason; actor: string; note?: string; riskScore?: number }

/** What the chapters of one order share. */
export type OrderStory = {
  input: OrderInput
  journey: Journey
  desk: Desk
  saga: Saga
  /** What became true and has not been published yet. */
  facts: OrderFact[]
  ending?: Ending
  /** The gateway refused the authorization for good: there is nothing at it to close. */
  isRefusedByGateway?: boolean
}
