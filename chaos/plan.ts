import type { Fault } from './fault.ts'
import { between, happens, randomOf, shuffled } from './random.ts'

/** One step of the plan: a fault, or two of different kinds that overlap. */
export type Step = { faults: PlannedFault[] /** Calm before it. */; calmMs: number }

/** `seed` is all the luck it has, so it does the same whatever happened before it. */
export type PlannedFault = { name: string; seed: number /** After the first of its step. */; laterMs: number }

type Known = Pick<Fault, 'name' | 'kind' | 'weight'>

const OVERLAPS_OF_100 = 20

/**
 * Which fault comes when, from the seed alone. Each round deals every fault as often as its weight says, so that a long
 * plan leaves none out.
 */
export function makePlan(seed: number, known: readonly Known[], count: number): Step[] {
  if (known.length === 0) return []
  const kindOf = new Map(known.map(({ name, kind }) => [name, kind]))
  const random = randomOf(seed, 'plan')
  const dealt: string[] = []
  for (let round = 0; dealt.length < count; round++) {
    const deal = randomOf(seed, 'deal', round)
    const names = known.flatMap(({ name, weight = 1 }) => {
      const times = Math.floor(weight) + (happens(deal, (weight % 1) * 100) ? 1 : 0)
      return Array.from({ length: times }, () => name)
    })
    dealt.push(...shuffled(deal, names))
    if (round > count * 100) throw new Error('faults whose weights come to nothing make no plan')
  }

  const steps: Step[] = []
  const left = dealt.slice(0, count)
  for (let place = 0; left.length > 0; ) {
    const first = left.shift() as string
    const second = happens(random, OVERLAPS_OF_100)
      ? left.findIndex((name) => kindOf.get(name) !== kindOf.get(first))
      : -1
    const names = second < 0 ? [first] : [first, ...left.splice(second, 1)]
    const faults = names.map((name, index) => ({
      name,
      seed: randomOf(seed, 'fault', place++).next(),
      laterMs: index === 0 ? 0 : between(random, 0, 1_500),
    }))
    steps.push({ faults, calmMs: between(random, 300, 1_500) })
  }
  return steps
}

export const describePlan = (plan: readonly Step[]): string =>
  plan.map(({ faults }) => faults.map(({ name }) => name).join(' + ')).join(', ')
