import type { OrderFact } from '../store/events.ts'
import { promptly } from './effects.ts'
import { briefAttempt, databasePolicy } from './policies.ts'

/** Tells the world what became true. An interrupted telling is made good by the next: an event has one id. */
export async function publish({ input, facts }: { input: { orderId: string }; facts: OrderFact[] }): Promise<void> {
  if (facts.length === 0) return
  const telling = [...facts]
  const summary = `Publish ${telling.map((fact) => fact.type).join(', ')}`
  await promptly('publishEvents', [{ orderId: input.orderId, facts: telling }], {
    summary,
    policy: databasePolicy,
    atFirst: briefAttempt,
  })
  facts.splice(0, telling.length)
}
