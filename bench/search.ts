import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { percentile } from '../shopper/http.ts'
import type { StackFile } from '../stack/stack-file.ts'
import { against, type Figure } from './figures.ts'
import { startHelper } from './helper-process.ts'
import type { SearchTask } from './load/searches.ts'
import { measureRepeatedSearch } from './reads.ts'
import { interleaved, median } from './rounds.ts'
import type { Stage } from './stage.ts'
import { storeProducts } from './stored-shop.ts'

type Servers = { opensearch: string; temporal: StackFile['temporal'] }

const GOAL = 1.5
const SEARCHES_A_ROUND = 60
const WARM_UP_ROUNDS = 6
const sides = ['opensearch', 'shop'] as const

/** A search of the shop, against the very query it sends to OpenSearch sent there by hand. Both ask for the same words, once each; OpenSearch keeps no such answers. */
export async function measureSearch(stage: Stage): Promise<Figure[]> {
  const { running, database, plan, say } = stage
  const { api, opensearch } = running.stack
  if (!opensearch) {
    say('  left out: OpenSearch is not to be had on this machine')
    return []
  }
  const products = plan.searchedProducts
  say(`  storing ${products.toLocaleString('en-US')} products and indexing them`)
  await storeProducts(database, { from: 0, to: products })
  await untilServed(stage, { opensearch, temporal: running.stack.temporal })

  const searches = await startHelper<SearchTask, number[]>('load/searches.ts', { api, openSearch: opensearch })
  try {
    const asked = { opensearch: 0, shop: 0 }
    const p50Of = async (of: SearchTask['of']) => {
      const latenciesMs = await searches.ask({ of, from: asked[of], count: SEARCHES_A_ROUND })
      asked[of] += SEARCHES_A_ROUND
      return percentile(latenciesMs, 50)
    }
    // OpenSearch is several times faster once the Java machine has compiled what searches run through.
    for (let round = 0; round < WARM_UP_ROUNDS; round++) for (const side of sides) await p50Of(side)
    const { floor, product } = await interleaved(plan.rounds, {
      floor: () => p50Of('opensearch'),
      product: () => p50Of('shop'),
    })
    const name = `search latency p50, ${products.toLocaleString('en-US')} products`
    const figure = against({ name, unit: 'ms', goal: GOAL, value: median(product), floor: median(floor) })
    return [figure, ...(await measureRepeatedSearch(stage))]
  } finally {
    await searches.end()
  }
}

/** By the shop's own sweep, which takes all that is due and then has the index serve. */
async function untilServed({ database }: Stage, { opensearch, temporal }: Servers): Promise<void> {
  const { address, namespace } = temporal
  const connection = await Connection.connect({ address })
  try {
    const sweep = new Client({ connection, namespace }).schedule.getHandle('search-sync')
    for (let waited = 0; ; waited++) {
      const { rowCount } = await database.query('select from products where version > indexed_version limit 1')
      if (rowCount === 0 && (await fetch(`${opensearch}/products`, { method: 'HEAD' })).ok) return
      // Asked again now and then: one that finds OpenSearch still starting does nothing. Side by side they would all
      // write the same products.
      if (waited % 40 === 0) await sweep.trigger('SKIP')
      await sleep(250)
    }
  } finally {
    await connection.close()
  }
}
