import type { CancelReason } from '../domain/order.ts'
import type { OrderEventType } from '../store/events.ts'
import { steadily } from './effects.ts'
import type { OrderInput } from './order.messages.ts'
import type { Desk } from './order-desk.ts'
import type { Journey } from './order-journey.ts'
import { databasePolicy } from './policies.ts'
import type { Saga } from './saga.ts'

type Fact = { type: OrderEventType; subjectId?: string }

/** Why an order is given up, and who decided it. */
export type Ending = { reason: CancelReason; actor: string; note?: string; riskScore?: number }

/** What the chapters of one order share. */
export type OrderStory = {
  input: OrderInput
  journey: Journey
  desk: Desk
  saga: Saga
  /** What became true and has not been published yet. */
  facts: Fact[]
  ending?: Ending
}

/** Tells the world what became true. An interrupted telling is made good by the next: an event has one id. */
export async function publish({ input, facts }: OrderStory): Promise<void> {
  if (facts.length === 0) return
  const telling = [...facts]
  await steadily('publishEvents', [{ orderId: input.orderId, facts: telling }], {
    summary: `Publish ${telling.map((fact) => fact.type).join(', ')}`,
    policy: databasePolicy,
  })
  facts.splice(0, telling.length)
}
