import { checkInvariants } from '../store/invariants.ts'
import { against, type Figure, plain } from './figures.ts'
import { median } from './rounds.ts'
import type { Stage } from './stage.ts'

/** A comparison may take one core, which is half of a machine with two. */
const GOAL = 0.5

/**
 * How long the books take to compare with each other, and what customers get meanwhile beside the `calm` rate of the same
 * shop. The gateway is left out: what is stored here was never there.
 */
export async function measureComparison(stage: Stage, calm: Figure, situation: string): Promise<Figure[]> {
  const { database, shoppers, plan, quiet } = stage
  const tookMs: number[] = []
  let isOver = false
  const compareAllAlong = async () => {
    while (!isOver) {
      const since = performance.now()
      await checkInvariants({ database })
      tookMs.push(performance.now() - since)
    }
  }
  const rates: number[] = []
  const buy = async () => {
    try {
      for (let round = 0; round < plan.rounds; round++) {
        rates.push((await shoppers.ask({ atOnce: 8, durationMs: plan.roundMs, products: 'many' })).perSecond)
        await quiet()
      }
    } finally {
      isOver = true
    }
  }
  await Promise.all([compareAllAlong(), buy()])
  return [
    plain(`a comparison of the books, ${situation}`, median(tookMs) / 1_000, 's'),
    against({
      name: `checkouts, 8 shoppers, ${situation}, beside a comparison`,
      unit: '/s',
      goal: GOAL,
      value: median(rates),
      floor: calm.value,
    }),
  ]
}
