/**
 * What was taken together, in two flat lists: the items of basket `n` stand from `offsets[n]` to `offsets[n + 1]`, each
 * once. Items are numbered from 0. A million lines take eight megabytes.
 */
export type Baskets = { itemCount: number; offsets: Int32Array; items: Int32Array }

export const basketCount = ({ offsets }: Baskets): number => offsets.length - 1

export const basketAt = ({ offsets, items }: Baskets, n: number): Int32Array =>
  items.subarray(offsets[n], offsets[n + 1])

/** Flat lists of the given ones; an item that stands twice in a list counts once. */
export function basketsOf(lists: Iterable<ArrayLike<number>>, itemCount: number): Baskets {
  const offsets = [0]
  const items: number[] = []
  for (const list of lists) {
    for (const item of new Set(Array.from(list))) items.push(item)
    offsets.push(items.length)
  }
  return { itemCount, offsets: Int32Array.from(offsets), items: Int32Array.from(items) }
}

export function selectBaskets(baskets: Baskets, isWanted: (n: number) => boolean): Baskets {
  const chosen: Int32Array[] = []
  for (let n = 0; n < basketCount(baskets); n++) if (isWanted(n)) chosen.push(basketAt(baskets, n))
  const offsets = new Int32Array(chosen.length + 1)
  chosen.forEach((basket, n) => (offsets[n + 1] = (offsets[n] as number) + basket.length))
  const items = new Int32Array(offsets[chosen.length] as number)
  chosen.forEach((basket, n) => items.set(basket, offsets[n]))
  return { itemCount: baskets.itemCount, offsets, items }
}

/** In how many baskets each item is. */
export function countItems({ itemCount, items }: Baskets): Float64Array {
  const counts = new Float64Array(itemCount)
  for (const item of items) counts[item] = (counts[item] as number) + 1
  return counts
}

/** The baskets of each item, in the same shape. */
export function basketsByItem(baskets: Baskets): Baskets {
  const { itemCount, items } = baskets
  const offsets = new Int32Array(itemCount + 1)
  for (const item of items) offsets[item + 1] = (offsets[item + 1] as number) + 1
  for (let item = 0; item < itemCount; item++)
    offsets[item + 1] = (offsets[item + 1] as number) + (offsets[item] as number)
  const next = offsets.slice()
  const inverted = new Int32Array(items.length)
  for (let n = 0; n < basketCount(baskets); n++)
    for (const item of basketAt(baskets, n)) {
      inverted[next[item] as number] = n
      next[item] = (next[item] as number) + 1
    }
  return { itemCount: basketCount(baskets), offsets, items: inverted }
}

/** Spreads the whole numbers evenly and always alike, as drawing them would, so that a run can be repeated. */
export function scatter(n: number): number {
  let hash = (n + 0x9e3779b9) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad)
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97)
  return (hash ^ (hash >>> 15)) >>> 0
}
