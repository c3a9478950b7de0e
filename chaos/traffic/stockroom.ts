import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { between, pick } from '../random.ts'
import { drawManner } from './choices.ts'
import type { Heard, Operation } from './history.ts'
import { insist, type Market } from './insist.ts'

/** Suppliers are asked meanwhile. It takes more than a second, and much more amid faults, until a silent one is given up. */
const SUPPLIERS_HAVE_MS = [2_000, 20_000]

/**
 * Staff order units, two clerks count in what has come, which is more than was ordered, and the rest is given up. A
 * product that is being replenished already is refused.
 */
export async function replenish(market: Market, random: RandomGenerator): Promise<void> {
  const productId = pick(random, market.shelves.plenty)
  const quantity = between(random, 4, 20)
  const some = between(random, 1, quantity - 1)
  const ask = (about: Pick<Operation, 'kind' | 'units'>, path: string, body: object): Promise<Heard | undefined> => {
    const operation = market.history.begin({ ...about, by: market.staff.id, key: randomUUID() })
    return insist(market, market.staff, operation, { path, body }, random, drawManner(random))
  }
  const units = { productId, quantity }
  const opened = await ask({ kind: 'replenish', units }, '/v1/replenishments', { product_id: productId, quantity })
  if (opened?.status !== 201) return
  const path = `/v1/replenishments/${opened.replenishmentId}`
  const countIn = (count: number) =>
    ask({ kind: 'receive', units: { productId, quantity: count } }, `${path}/receipts`, { quantity: count })
  await Promise.all([countIn(some), countIn(quantity - some + 1)])
  await sleep(between(random, 0, pick(random, SUPPLIERS_HAVE_MS)))
  await ask({ kind: 'give up', units }, `${path}/cancel`, { reason: 'enough' })
}
