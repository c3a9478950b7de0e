export type Round = {
  /** In the steady state: from when every caller was busy for the second time until the end of the time. */
  perSecond: number
  latenciesMs: number[]
  /** All that were done, those that were under way at the end included. */
  completed: number
}

/** A rate told from fewer answers would be luck: a round on a busy machine goes on until it has them. */
const ANSWERS_A_CALLER = 3

/** So many callers, each of which asks again as soon as it was answered. What is under way at the end is waited for. */
export async function closedLoop(options: {
  atOnce: number
  durationMs: number
  once: () => Promise<void>
}): Promise<Round> {
  const { atOnce, durationMs, once } = options
  const latenciesMs: number[] = []
  const endings: number[] = []
  const deadline = performance.now() + durationMs
  let overAt: number | undefined
  const caller = async () => {
    while (overAt === undefined) {
      const askedAt = performance.now()
      await once()
      const answeredAt = performance.now()
      latenciesMs.push(answeredAt - askedAt)
      endings.push(answeredAt)
      if (answeredAt >= deadline && endings.length >= atOnce * ANSWERS_A_CALLER) overAt ??= answeredAt
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  return { perSecond: steadyRate(endings, atOnce, overAt ?? deadline), latenciesMs, completed: endings.length }
}

/** The first answers of all callers come in one bunch, late, and the last ones after the deadline: neither is counted. */
export function steadyRate(endings: readonly number[], atOnce: number, deadline: number): number {
  const inTime = endings.filter((at) => at <= deadline)
  const from = inTime[atOnce - 1]
  if (from === undefined || inTime.length <= atOnce)
    throw new Error(`Only ${inTime.length} answers to ${atOnce} callers: the round was too short to tell a rate`)
  return ((inTime.length - atOnce) / (deadline - from)) * 1_000
}
