import { steadily } from './effects.ts'
import { insist } from './order-attention.ts'
import type { OrderStory } from './order-story.ts'
import { databasePolicy } from './policies.ts'

/** Tells the world what became true. An interrupted telling is made good by the next: an event has one id. */
export async function publish(story: OrderStory): Promise<void> {
  const { input, facts } = story
  if (facts.length === 0) return
  const telling = [...facts]
  const summary = `Publish ${telling.map((fact) => fact.type).join(', ')}`
  const options = { summary, policy: databasePolicy }
  await insist(story, 'publishEvents', [{ orderId: input.orderId, facts: telling }], options, steadily)
  facts.splice(0, telling.length)
}
