import type { Gateway } from './gateway.ts'
import { type Answer, type Ask, isKnown, type Network } from './network.ts'
import type { Scheduler } from './scheduler.ts'

/** What whoever deals with the shop has at hand. */
export type Deps = {
  scheduler: Scheduler
  network: Network
  gateway: Gateway
  staffId: string
  /** Somebody of the staff who asks for nothing and decides about what others ask for. */
  approverId: string
}

/** Asks until the answer is known; some ask again out of impatience, at the same time. All that is heard is kept. */
export async function insist({ scheduler, network }: Deps, ask: Ask, answers: Answer[]): Promise<Answer> {
  const send = async () => {
    const answer = await network.ask(ask)
    if (isKnown(answer)) answers.push(answer)
    return answer
  }
  for (let patienceMs = 6_000; ; patienceMs = Math.min(patienceMs * 2, 300_000)) {
    if (scheduler.chance(0.1)) {
      scheduler.count('request sent twice at once')
      void send()
    }
    const answer = await send()
    if (isKnown(answer)) return answer
    scheduler.count('request repeated')
    await scheduler.pause('client waits', scheduler.between(100, patienceMs))
  }
}

/** People do not all act at once, and seldom when it suits the others; soon enough to do it amid the troubles. */
export const soon = (scheduler: Scheduler): Promise<void> =>
  scheduler.pause('somebody thinks', scheduler.chance(0.3) ? scheduler.latencyMs() : scheduler.between(10, 15_000))
