import type { OrderEventType, OrderFact } from '../store/events.ts'
import { promptly } from './effects.ts'
import { briefAttempt, databasePolicy } from './policies.ts'

/** Tells the world what became true. An interrupted telling is made good by the next: an event has one id. */
export async function publish({ input, facts }: Telling): Promise<void> {
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

type Telling = { input: { orderId: string }; facts: OrderFact[] }

/** Tells what became true of a refund or a return; `subjectOf` names it. */
export const telling =
  <Story extends Telling>(subjectOf: (story: Story) => string) =>
  (story: Story, type: OrderEventType): Promise<void> => {
    story.facts.push({ type, subjectId: subjectOf(story) })
    return publish(story)
  }
