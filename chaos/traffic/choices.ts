import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { address, parcel } from '../../shopper/people.ts'
import { between, happens, pick, pickWeighted } from '../random.ts'
import type { Card, Line } from './history.ts'
import type { Shelves } from './shelves.ts'

const cards: Record<string, Card> = {
  visa: { token: 'tok_visa' },
  manual: { token: 'tok_visa', capture: 'manual' },
  declined: { token: 'tok_declined' },
  poor: { token: 'tok_insufficient_funds' },
  risky: { token: 'tok_risky' },
  flaky: { token: 'tok_flaky' },
  silent: { token: 'tok_timeout_after_charge' },
  confirmed: { token: 'tok_3ds', decision: 'yes' },
  notConfirmed: { token: 'tok_3ds', decision: 'no' },
  forgotten: { token: 'tok_3ds', decision: 'never' },
  approved: { token: 'tok_review', decision: 'yes' },
  rejected: { token: 'tok_review', decision: 'no' },
  undecided: { token: 'tok_review', decision: 'never' },
}

const cardWeights: Record<string, number> = {
  ...{ visa: 76, manual: 4, declined: 3, poor: 1, risky: 1, flaky: 3, silent: 2 },
  ...{ confirmed: 3, notConfirmed: 1, forgotten: 0.5, approved: 3, rejected: 1, undecided: 0.5 },
}

export const raceCard: Card = cards.visa as Card

/** How a checkout is sent the first time. Whatever was not heard is repeated one at a time. */
export type Manner = {
  copies: number
  hangUpAfterMs?: number /** Later the key is sent with another body. */
  conflict: boolean
}

/** What becomes of an order that was paid. */
export type Fate =
  | 'kept'
  | 'shipped'
  | 'delivered'
  | 'cancelled'
  | 'cancelled while it is shipped'
  | 'cancelled twice'
  | 'refunded in part'
  | 'refunded twice at once'
  | 'refunded while it is cancelled'
  | 'sent back'
  | 'sent back twice at once'

const fates: Record<Fate, number> = {
  kept: 12,
  shipped: 10,
  delivered: 52,
  cancelled: 9,
  'cancelled while it is shipped': 5,
  'cancelled twice': 2,
  'refunded in part': 4,
  'refunded twice at once': 3,
  'refunded while it is cancelled': 3,
  'sent back': 4,
  'sent back twice at once': 3,
}

export type Look =
  | 'order'
  | 'orders'
  | 'product'
  | 'product page'
  | 'products'
  | 'recommendations'
  | 'reviews'
  | 'search'
  | 'suggestions'

const looks: Record<Look, number> = {
  ...{ order: 5, orders: 1, product: 1, 'product page': 2, products: 1 },
  ...{ recommendations: 1, reviews: 1, search: 2, suggestions: 1 },
}

export type Errand = {
  lines: Line[]
  card: Card
  manner: Manner
  fate: Fate
  looks: Look[]
  adjusts: boolean
  replenishes: boolean
  /** How many stars the buyer gives what was delivered. */
  stars: number | undefined
}

/** Everything a shopper will want of one visit, drawn before the visit begins: it does not depend on what happens. */
export function drawErrand(random: RandomGenerator, { plenty }: Pick<Shelves, 'plenty'>): Errand {
  const hot = plenty.slice(0, 2)
  const lines = new Map<string, number>()
  for (let line = between(random, 1, 3); line > 0; line--)
    lines.set(pick(random, happens(random, 25) ? hot : plenty), between(random, 1, 3))
  return {
    lines: [...lines].map(([productId, quantity]) => ({ productId, quantity })),
    card: cards[pickWeighted(random, cardWeights)] as Card,
    manner: drawManner(random),
    fate: pickWeighted(random, fates),
    looks: Array.from({ length: between(random, 0, 2) }, () => pickWeighted(random, looks)),
    adjusts: happens(random, 3),
    replenishes: happens(random, 3),
    stars: happens(random, 30) ? between(random, 1, 5) : undefined,
  }
}

export function drawManner(random: RandomGenerator): Manner {
  const copies = happens(random, 10) ? between(random, 2, 5) : 1
  const leaves = copies === 1 && happens(random, 6)
  const conflict = happens(random, 3)
  return { copies, conflict, ...(leaves && { hangUpAfterMs: between(random, 0, 40) }) }
}

export const bodyOf = (lines: Line[], { token, capture }: Card) => ({
  items: lines.map(({ productId, quantity }) => ({ product_id: productId, quantity })),
  payment: { method: 'card', token, ...(capture && { capture }) },
  shipping_address: address,
})

export { parcel }
