import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { between, pick } from '../random.ts'
import { bodyOf, drawErrand, drawManner, type Errand, type Look, type Manner, parcel, raceCard } from './choices.ts'
import { exchange } from './client.ts'
import type { Heard, Line, Operation } from './history.ts'
import { insist, type Market, once } from './insist.ts'
import type { Person } from './people.ts'
import { sendBack, sendBackTwice } from './returns.ts'
import { replenish } from './stockroom.ts'

/** One visit: a checkout, insisted on until it is decided, and what follows from it. */
export async function visit(market: Market, customer: Person, random: RandomGenerator): Promise<void> {
  const errand = drawErrand(random, market.shelves)
  const { card, lines } = errand
  const checkout = market.history.begin({ kind: 'checkout', by: customer.id, key: randomUUID(), lines, card })
  const request = { path: '/v1/orders', body: bodyOf(lines, card) }
  const buy = (manner: Manner) => insist(market, customer, checkout, request, random, manner)

  let heard = await buy(errand.manner)
  if (heard?.status === 202 && heard.orderId) {
    if (card.decision === 'never') return
    await decide(market, heard, card.decision !== 'no', random)
    heard = await buyUntilDecided(market, buy)
  }
  if (errand.manner.conflict && heard?.status === 201) await sendAnother(market, customer, checkout, random)
  if (heard?.status === 201 && heard.orderId)
    await follow(market, customer, { orderId: heard.orderId, lines }, errand, random)
  await lookAround(market, customer, errand, heard?.orderId, random)
}

/** One of those who want the same few units at the same moment. */
export async function race(market: Market, customer: Person, productId: string, random: RandomGenerator) {
  const lines = [{ productId, quantity: 1 }]
  const about = { lines, card: raceCard, race: productId }
  const checkout = market.history.begin({ kind: 'checkout', by: customer.id, key: randomUUID(), ...about })
  const manner = { ...drawManner(random), conflict: false }
  const request = { path: '/v1/orders', body: bodyOf(lines, raceCard) }
  await insist(market, customer, checkout, request, random, manner)
}

/** An impatient one, or a program gone wild. */
export async function buyManyTimes(market: Market, customer: Person, random: RandomGenerator, copies: number) {
  const lines = [{ productId: pick(random, market.shelves.plenty), quantity: 1 }]
  const about = { lines, card: raceCard }
  const checkout = market.history.begin({ kind: 'checkout', by: customer.id, key: randomUUID(), ...about })
  const request = { path: '/v1/orders', body: bodyOf(lines, raceCard) }
  await insist(market, customer, checkout, request, random, { copies, conflict: false })
}

/** What a customer hears while a person decides is not the end: it is asked again until it is. */
async function buyUntilDecided(market: Market, buy: (manner: Manner) => Promise<Heard | undefined>) {
  for (;;) {
    const heard = await buy(once)
    if (heard?.status !== 202 || market.isClosed()) return heard
    await sleep(100)
  }
}

/** The customer answers the bank, or staff decide about a doubtful order. */
async function decide(market: Market, { waitsFor, orderId }: Heard, isYes: boolean, random: RandomGenerator) {
  if (waitsFor === 'review')
    return void (await act(market, isYes ? 'approve' : 'reject', orderId as string, market.staff, random))
  if (waitsFor === undefined) return
  const url = new URL(`/v1/payment_intents/${waitsFor.intentId}/confirm_action`, market.gateway)
  const body = { outcome: isYes ? 'succeed' : 'fail' }
  while (!market.isClosed()) {
    const answer = await exchange(url, { method: 'POST', path: url.pathname, body }).catch(() => undefined)
    if (answer !== undefined && answer.status < 500) return
    await sleep(between(random, 150, 400))
  }
}

const paths = {
  cancel: ['cancel', { reason: 'Changed my mind' }],
  ship: ['shipments', parcel],
  deliver: ['deliveries', {}],
  approve: ['approve', {}],
  reject: ['reject', { reason: 'stolen card' }],
} as const

function act(market: Market, kind: keyof typeof paths, orderId: string, person: Person, random: RandomGenerator) {
  const [path, body] = paths[kind]
  const operation = market.history.begin({ kind, by: person.id, key: randomUUID(), orderId })
  return insist(market, person, operation, { path: `/v1/orders/${orderId}/${path}`, body }, random, drawManner(random))
}

async function follow(
  market: Market,
  customer: Person,
  { orderId, lines }: { orderId: string; lines: Line[] },
  { fate, stars }: Pick<Errand, 'fate' | 'stars'>,
  random: RandomGenerator,
) {
  const { staff } = market
  const someUnit = { productId: (lines[0] as Line).productId }
  switch (fate) {
    case 'kept':
      return
    case 'shipped':
      return void (await act(market, 'ship', orderId, staff, random))
    case 'delivered': {
      const shipped = await act(market, 'ship', orderId, staff, random)
      const delivered = shipped?.status === 201 ? await act(market, 'deliver', orderId, staff, random) : undefined
      if (delivered?.status === 201 && stars !== undefined) await review(market, customer, someUnit, stars, random)
      return
    }
    case 'cancelled':
      return void (await act(market, 'cancel', orderId, customer, random))
    case 'cancelled while it is shipped': {
      const bothWays = [act(market, 'ship', orderId, staff, random), act(market, 'cancel', orderId, customer, random)]
      return void (await Promise.all(bothWays))
    }
    case 'cancelled twice':
      await Promise.all([
        act(market, 'cancel', orderId, customer, random),
        act(market, 'cancel', orderId, staff, random),
      ])
      return
    case 'refunded in part':
      return void (await refund(market, orderId, someUnit, random))
    case 'refunded twice at once':
      await Promise.all([refund(market, orderId, 'everything', random), refund(market, orderId, 'everything', random)])
      return
    case 'refunded while it is cancelled':
      await Promise.all([refund(market, orderId, someUnit, random), act(market, 'cancel', orderId, customer, random)])
      return
    case 'sent back':
    case 'sent back twice at once': {
      const shipped = await act(market, 'ship', orderId, staff, random)
      if (shipped?.status !== 201) return
      const goods = { orderId, line: lines[0] as Line }
      await (fate === 'sent back' ? sendBack : sendBackTwice)(market, customer, goods, random)
    }
  }
}

/** Staff give money back. */
function refund(market: Market, orderId: string, what: NonNullable<Operation['refund']>, random: RandomGenerator) {
  const { staff, history } = market
  const operation = history.begin({ kind: 'refund', by: staff.id, key: randomUUID(), orderId, refund: what })
  const items = what === 'everything' ? {} : { items: [{ product_id: what.productId, quantity: 1, restock: true }] }
  const request = { path: `/v1/orders/${orderId}/refunds`, body: { reason: 'broken', ...items } }
  return insist(market, staff, operation, request, random, drawManner(random))
}

function review(
  market: Market,
  customer: Person,
  { productId }: { productId: string },
  rating: number,
  random: RandomGenerator,
) {
  const about = { kind: 'review' as const, by: customer.id, key: randomUUID(), review: { productId, rating } }
  const request = {
    path: `/v1/products/${productId}/reviews`,
    body: { rating, title: 'It came', body: 'In one piece.' },
  }
  return insist(market, customer, market.history.begin(about), request, random, drawManner(random))
}

/** The key again, for something else. */
async function sendAnother(market: Market, customer: Person, checkout: Operation, random: RandomGenerator) {
  const lines = (checkout.lines ?? []).map((line) => ({ ...line, quantity: line.quantity + 1 }))
  const about = { kind: 'checkout' as const, by: customer.id, key: checkout.key, lines, conflictsWith: checkout.id }
  const body = bodyOf(lines, checkout.card ?? raceCard)
  await insist(market, customer, market.history.begin(about), { path: '/v1/orders', body }, random)
}

async function lookAround(
  market: Market,
  customer: Person,
  errand: Errand,
  orderId: string | undefined,
  random: RandomGenerator,
): Promise<void> {
  const { shelves, staff } = market
  const productId = pick(random, shelves.plenty)
  const pathOf: Record<Look, string> = {
    order: orderId ? `/v1/orders/${orderId}` : '/v1/orders?limit=5',
    orders: '/v1/orders?limit=5',
    product: `/v1/products/${productId}`,
    'product page': `/v1/products/${productId}/page`,
    products: '/v1/products?limit=10',
    recommendations: '/v1/recommendations',
    reviews: `/v1/products/${productId}/reviews`,
    search: '/v1/search?q=blue%20lamp&limit=10',
    suggestions: '/v1/search/suggest?q=bl',
  }
  for (const look of errand.looks) {
    const about = look === 'order' && orderId !== undefined && { orderId }
    const operation = market.history.begin({ kind: 'look', by: customer.id, key: '', ...about })
    const token = await customer.token().catch(() => undefined)
    await market.client.send(operation, { method: 'GET', path: pathOf[look], ...(token !== undefined && { token }) })
  }
  if (errand.replenishes) await replenish(market, random)
  if (!errand.adjusts) return
  const adjustment = { productId: pick(random, shelves.plenty), change: between(random, 1, 50) }
  const key = randomUUID()
  const operation = market.history.begin({ kind: 'adjust', by: staff.id, key, adjustment })
  const body = { change: adjustment.change, type: 'adjustment', reason: key }
  const path = `/v1/inventory/${adjustment.productId}/adjustments`
  await insist(market, staff, operation, { path, body }, random, drawManner(random))
}
