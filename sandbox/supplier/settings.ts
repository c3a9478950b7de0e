import { z } from 'zod'

const ways = z
  .strictObject({
    behaviour: z.enum(['confirms', 'confirms_part', 'refuses', 'never_answers']),
    /** How long it thinks before it confirms or refuses. */
    answer_after_ms: z.int().min(0).max(86_400_000),
    /** The share of the units that `confirms_part` promises, at least one of them. */
    part: z.number().min(0).max(1),
    deliver_in_days: z.int().min(0).max(365),
    /** So many of the next requests are obeyed, and the answer gets lost. */
    lose_answers: z.int().min(0).max(10_000),
    /** Nothing is heard, done or said. */
    is_away: z.boolean(),
  })
  .partial()

/** By the id or the name of a supplier; `everyone` is for those who are not named. */
export const settingsPatch = z.record(z.string().min(1).max(200), ways)

export type Ways = Required<z.infer<typeof ways>>
export type Settings = ReturnType<typeof createSettings>

const good: Ways = {
  behaviour: 'confirms',
  answer_after_ms: 0,
  part: 0.5,
  deliver_in_days: 7,
  lose_answers: 0,
  is_away: false,
}

/** Settings live in memory: a restart is back to good behaviour. */
export function createSettings() {
  const named = new Map<string, z.infer<typeof ways>>()

  return {
    all: () => ({ everyone: { ...good, ...named.get('everyone') }, ...Object.fromEntries(named) }),

    apply(patch: z.infer<typeof settingsPatch>): void {
      for (const [who, change] of Object.entries(patch)) named.set(who, { ...named.get(who), ...change })
    },

    of: ({ id, name }: { id: string; name: string }): Ways => ({
      ...good,
      ...named.get('everyone'),
      ...named.get(name),
      ...named.get(id),
    }),

    /** Whether this answer is one of those that get lost. */
    losesAnswer({ id, name }: { id: string; name: string }): boolean {
      const own = [id, name, 'everyone'].map((who) => named.get(who)).find((each) => each?.lose_answers)
      if (!own?.lose_answers) return false
      own.lose_answers -= 1
      return true
    },
  }
}
