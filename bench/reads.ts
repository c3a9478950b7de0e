import { against, type Figure } from './figures.ts'
import type { Asked } from './load/requests.ts'
import { interleaved, median } from './rounds.ts'
import type { Stage } from './stage.ts'

const READ_GOAL = 0.6
/** Several reads joined to a longer answer, of which a digest is made. */
const PAGE_GOAL = 0.3
const SOLD_OUT_GOAL = 0.5
const AT_ONCE = 16

/** What needs no workflow, against a route of the same server that says hello. */
export const measureReads = (stage: Stage): Promise<Figure[]> =>
  againstHello(stage, [
    { name: 'sold-out answers', asked: 'sold out', goal: SOLD_OUT_GOAL },
    { name: 'product reads', asked: 'product', goal: READ_GOAL },
    { name: 'product pages', asked: 'product page', goal: PAGE_GOAL },
  ])

export const measureRepeatedSearch = (stage: Stage): Promise<Figure[]> =>
  againstHello(stage, [{ name: 'searches, one query repeated', asked: 'search', goal: READ_GOAL }])

type Measured = { name: string; asked: Asked; goal: number }

async function againstHello({ requests, plan }: Stage, all: Measured[]): Promise<Figure[]> {
  const round = async (asked: Asked, durationMs = plan.roundMs) =>
    (await requests.ask({ asked, atOnce: AT_ONCE, durationMs })).perSecond
  const figures: Figure[] = []
  for (const { name, asked, goal } of all) {
    for (const warmed of ['hello', asked] as const) await round(warmed, 1_000)
    const rates = await interleaved(plan.rounds, { floor: () => round('hello'), product: () => round(asked) })
    figures.push(against({ name, unit: '/s', goal, value: median(rates.product), floor: median(rates.floor) }))
  }
  return figures
}
