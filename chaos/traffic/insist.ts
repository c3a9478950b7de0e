import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { between } from '../random.ts'
import type { Manner } from './choices.ts'
import type { Client, Request } from './client.ts'
import { type Heard, type History, isFleeting, needsNoRepeat, type Operation } from './history.ts'
import type { Person } from './people.ts'
import type { Shelves } from './shelves.ts'

export type Market = {
  client: Client
  history: History
  customers: Person[]
  staff: Person
  shelves: Shelves
  gateway: string
  /** Nobody repeats any more: what is not decided by now never will be. */
  isClosed(): boolean
}

export const once: Manner = { copies: 1, conflict: false }

/** Repeats what was not heard or is not decided under the same key, as careful clients do. */
export async function insist(
  market: Market,
  person: Person,
  operation: Operation,
  request: Omit<Request, 'method' | 'token'>,
  random: RandomGenerator,
  { copies, hangUpAfterMs }: Manner = once,
): Promise<Heard | undefined> {
  for (let round = 0; ; round++) {
    const token = await person.token().catch(() => undefined)
    const first = round === 0
    const what: Request = { method: 'POST', ...request, ...(token !== undefined && { token }) }
    if (first && hangUpAfterMs !== undefined) what.hangUpAfterMs = hangUpAfterMs
    const sends =
      token === undefined ? [] : Array.from({ length: first ? copies : 1 }, () => market.client.send(operation, what))
    const settled = await Promise.all(sends)
    const isOpen = settled.some(({ heard }) => !heard || !needsNoRepeat(heard))
    // While one copy is still on its way, another one's refusal for want of stock says nothing about it.
    const decided = settled.find(({ heard }) => heard && needsNoRepeat(heard) && !(isOpen && isFleeting(heard)))
    if (decided?.heard) return decided.heard
    if (settled.some(({ heard }) => heard?.status === 401)) person.forgetToken()
    if (market.isClosed()) return undefined
    await sleep(between(random, 150, 400) * Math.min(1 + round / 4, 3))
  }
}
