import { Client, Connection } from '@temporalio/client'
import { checkoutRounds, latencyOf, rateOf, warmUp } from './checkout.ts'
import { measureComparison } from './comparison.ts'
import { type Figure, isHigherBetter, against } from './figures.ts'
import { measureReads } from './reads.ts'
import type { Stage } from './stage.ts'
import { storeOrders, storeProducts } from './stored-shop.ts'
import { tableOf } from './table.ts'

const AT_MOST_TIMES = 1.3
const OPENING_ROUND_MS = 20_000

/** What a checkout and a read come to when much is stored already, against the same shop while it was empty. */
export async function measureGrowth(stage: Stage): Promise<Figure[]> {
  const { database, plan, say } = stage
  await pauseReconciliation(stage)
  await warmUp(stage)
  const empty = await vitalsOf(stage)
  const figures: Figure[] = []
  const look = async (situation: string) => {
    const vitals = await vitalsOf(stage)
    const seen = [
      ...vitals.map((now, place) => grown(empty[place] as Figure, now, situation)),
      ...(await measureComparison(stage, vitals[0] as Figure, situation)),
    ]
    // It takes most of an hour: what was seen is not lost with what comes after it.
    say(tableOf(seen, () => undefined))
    figures.push(...seen)
  }

  let stored = 0
  for (const size of plan.storedSizes) {
    const since = performance.now()
    await storeProducts(database, { from: stored, to: size })
    await storeOrders(database, { count: size - stored, products: size })
    stored = size
    const words = `${size.toLocaleString('en-US')} orders and products stored`
    say(`  ${words} (${Math.round((performance.now() - since) / 1_000)} s)`)
    await look(words)
  }
  const open = await openOrders(stage, plan.openOrders)
  await look(`${open.toLocaleString('en-US')} orders open`)
  return figures
}

/** What is stored here was never at the gateway: a million orders would be a million findings. */
async function pauseReconciliation({ running }: Stage): Promise<void> {
  const { address, namespace } = running.stack.temporal
  const connection = await Connection.connect({ address })
  try {
    await new Client({ connection, namespace }).schedule.getHandle('reconciliation').pause()
  } finally {
    await connection.close()
  }
}

async function vitalsOf(stage: Stage): Promise<Figure[]> {
  const eight = await checkoutRounds(stage, { atOnce: 8, products: 'many' })
  const one = await checkoutRounds(stage, { atOnce: 1, products: 'many' })
  return [
    rateOf('checkouts, 8 shoppers', eight.floor, eight.product),
    latencyOf('checkout latency p50, 1 shopper', 50, one.floor, one.product),
    ...(await measureReads(stage)),
  ]
}

/** Its floor is what the empty shop would do at this moment: as far from the floor of the moment as it was from its own. */
export function grown(empty: Figure, now: Figure, situation: string): Figure {
  return against({
    name: `${now.name}, ${situation}`,
    value: now.value,
    unit: now.unit,
    floor: (empty.ratio ?? 1) * (now.floor ?? 1),
    goal: isHigherBetter(now) ? Number((1 / AT_MOST_TIMES).toFixed(2)) : AT_MOST_TIMES,
  })
}

/** Real checkouts, whose workflows then wait to be shipped. Answers how many there are. */
async function openOrders({ database, shoppers, quiet, say }: Stage, wanted: number): Promise<number> {
  say(`  opening orders until ${wanted.toLocaleString('en-US')} are open`)
  for (;;) {
    const { rows } = await database.query<{ open: number }>(
      `select count(*)::int as open from orders where status = 'paid'`,
    )
    const open = rows[0]?.open ?? 0
    if (open >= wanted) return open
    await shoppers.ask({ atOnce: 8, durationMs: OPENING_ROUND_MS, products: 'many' })
    await quiet()
  }
}
