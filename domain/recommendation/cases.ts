import { type Baskets, basketAt, basketCount, scatter, selectBaskets } from './baskets.ts'
import type { Case } from './measuring.ts'
import type { Evidence } from './scoring.ts'

/** The baskets of each customer, oldest first: those of customer `u` are `users[u]` to `users[u + 1]`. */
export type Histories = { baskets: Baskets; users: Int32Array }

const nothing: Evidence = { items: [], weights: [] }

/** About `most` of so many, chosen evenly and always alike. */
const isChosen = (n: number, count: number, most: number): boolean => count <= most || scatter(n) % count < most

/** Each item of each basket is left out once, and asked for with the rest of its basket. A basket counts as one. */
export function leaveOneOut(baskets: Baskets, mostBaskets: number): Case[] {
  const cases: Case[] = []
  for (let n = 0; n < basketCount(baskets); n++) {
    const basket = basketAt(baskets, n)
    if (basket.length < 2 || !isChosen(n, basketCount(baskets), mostBaskets)) continue
    for (const left of basket) {
      const rest = basket.filter((item) => item !== left)
      const evidence = { items: rest, weights: new Float64Array(rest.length).fill(1) }
      cases.push({ evidence, own: nothing, came: [left], barred: rest, weight: 1 / basket.length })
    }
  }
  return cases
}

/** The `back`-th basket from the end of each customer is asked for, with those before it; a customer counts as one. */
export function nextBaskets(
  { baskets, users }: Histories,
  { back, decay, most }: { back: number; decay: number; most: number },
): Case[] {
  const cases: Case[] = []
  const count = users.length - 1
  for (let user = 0; user < count; user++) {
    const first = users[user] as number
    const asked = (users[user + 1] as number) - back
    if (asked <= first || !isChosen(user, count, most)) continue
    const { evidence, own } = remember(baskets, { first, end: asked, decay })
    cases.push({ evidence, own, came: [...basketAt(baskets, asked)], barred: [], weight: 1 })
  }
  return cases
}

/**
 * What a customer's baskets say: an item counts by how lately it was bought (`evidence`), and for buying it again by how
 * large a share of the baskets had it, late ones counting more (`own`).
 */
function remember(baskets: Baskets, { first, end, decay }: { first: number; end: number; decay: number }) {
  const latest = new Map<number, number>()
  const shares = new Map<number, number>()
  let weight = 1
  let total = 0
  for (let n = end - 1; n >= first; n--) {
    for (const item of basketAt(baskets, n)) {
      if (!latest.has(item)) latest.set(item, weight)
      shares.set(item, (shares.get(item) ?? 0) + weight)
    }
    total += weight
    weight *= decay
  }
  const items = [...latest.keys()]
  return {
    evidence: { items, weights: Float64Array.from(latest.values()) },
    own: { items, weights: Float64Array.from(shares.values(), (share) => share / total) },
  }
}

/** What is learnt from when the last `back` baskets of each customer are not known; a customer keeps the first one. */
export function withoutLast({ baskets, users }: Histories, back: number): Histories {
  const ends = Int32Array.from(users.subarray(1), (end, user) => {
    const count = end - (users[user] as number)
    return (users[user] as number) + Math.min(count, Math.max(1, count - back))
  })
  const isKept = new Uint8Array(basketCount(baskets))
  const left = new Int32Array(users.length)
  ends.forEach((end, user) => {
    isKept.fill(1, users[user], end)
    left[user + 1] = (left[user] as number) + end - (users[user] as number)
  })
  return { baskets: selectBaskets(baskets, (n) => isKept[n] === 1), users: left }
}

/** All that a customer ever bought, as one basket. */
export function wholeHistories({ baskets, users }: Histories): Baskets {
  const offsets = new Int32Array(users.length)
  const items = new Int32Array(baskets.items.length)
  let end = 0
  for (let user = 0; user < users.length - 1; user++) {
    const known = new Set<number>()
    for (let n = users[user] as number; n < (users[user + 1] as number); n++)
      for (const item of basketAt(baskets, n)) known.add(item)
    for (const item of known) items[end++] = item
    offsets[user + 1] = end
  }
  return { itemCount: baskets.itemCount, offsets, items: items.slice(0, end) }
}
