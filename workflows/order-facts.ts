import { promptly } from './effects.ts'
import type { OrderStory } from './order-story.ts'
import { briefAttempt, databasePolicy } from './policies.ts'

/** Tells the world what became true. An interrupted telling is made good by the next: an event has one id. */
export async function publish({ input, facts }: OrderStory): Promise<void> {
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
