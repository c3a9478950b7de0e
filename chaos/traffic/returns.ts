import { randomUUID } from 'node:crypto'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { drawManner } from './choices.ts'
import type { Heard, Line, Operation } from './history.ts'
import { insist, type Market } from './insist.ts'
import type { Person } from './people.ts'

type Goods = { orderId: string; line: Line }

/** One unit comes back; two clerks count it in, and one of them is told that it has come already. */
export async function sendBack(market: Market, customer: Person, goods: Goods, random: RandomGenerator): Promise<void> {
  const one = { ...goods, line: { ...goods.line, quantity: 1 } }
  const asked = await ask(market, customer, one, random)
  if (asked?.status !== 201 || !asked.returnId) return
  const approved = await decide(market, asked.returnId, 'approve', goods, random)
  if (approved?.status !== 200) return
  await Promise.all([receive(market, asked.returnId, one, random), receive(market, asked.returnId, one, random)])
}

/** All units of a line are sent back twice at the same moment; what was granted is denied, and then they can be again. */
export async function sendBackTwice(market: Market, customer: Person, goods: Goods, random: RandomGenerator) {
  const both = await Promise.all([ask(market, customer, goods, random), ask(market, customer, goods, random)])
  for (const asked of both)
    if (asked?.status === 201 && asked.returnId) await decide(market, asked.returnId, 'deny', goods, random)
  await sendBack(market, customer, goods, random)
}

function ask(market: Market, customer: Person, { orderId, line }: Goods, random: RandomGenerator) {
  const body = { items: [{ product_id: line.productId, quantity: line.quantity }], reason: 'too big' }
  const about = { kind: 'send back' as const, by: customer.id, orderId, goods: line }
  return post(market, customer, about, `/v1/orders/${orderId}/returns`, body, random)
}

function decide(
  market: Market,
  returnId: string,
  decision: 'approve' | 'deny',
  { orderId, line }: Goods,
  random: RandomGenerator,
) {
  const about = { kind: 'decide return' as const, by: market.staff.id, orderId, goods: line }
  return post(market, market.staff, about, `/v1/returns/${returnId}/${decision}`, {}, random)
}

function receive(market: Market, returnId: string, { orderId, line }: Goods, random: RandomGenerator) {
  const body = { items: [{ product_id: line.productId, quantity: line.quantity, restock: true }] }
  const about = { kind: 'receive return' as const, by: market.staff.id, orderId, goods: line }
  return post(market, market.staff, about, `/v1/returns/${returnId}/receipts`, body, random)
}

function post(
  market: Market,
  person: Person,
  about: Omit<Operation, 'id' | 'sends' | 'key'>,
  path: string,
  body: object,
  random: RandomGenerator,
): Promise<Heard | undefined> {
  const operation = market.history.begin({ ...about, key: randomUUID() })
  return insist(market, person, operation, { path, body }, random, drawManner(random))
}
