import { type Baskets, basketsByItem, countItems } from './baskets.ts'

/** For each item those that speak for it, or for which it speaks, in the shape of baskets, with the strength of each. */
export type SparseWeights = { offsets: Int32Array; items: Int32Array; weights: Float32Array }

/** How strongly one item speaks for another; 0 leaves the pair out. */
export type Strength = (together: number, item: number, other: number) => number

/**
 * Weighs each pair that was taken together, one item at a time, so that the pairs of a million lines never stand in memory
 * at once: of each item only its `most` strongest are kept.
 */
export function weighPairs(baskets: Baskets, { strength, most }: { strength: Strength; most: number }): SparseWeights {
  const byItem = basketsByItem(baskets)
  const together = new Int32Array(baskets.itemCount)
  const met = new Int32Array(baskets.itemCount)
  const weights = new Float32Array(baskets.itemCount)
  const offsets = new Int32Array(baskets.itemCount + 1)
  const rows: { items: Int32Array; weights: Float32Array }[] = []
  for (let item = 0; item < baskets.itemCount; item++) {
    let count = 0
    for (let at = byItem.offsets[item] as number; at < (byItem.offsets[item + 1] as number); at++) {
      const n = byItem.items[at] as number
      for (let place = baskets.offsets[n] as number; place < (baskets.offsets[n + 1] as number); place++) {
        const other = baskets.items[place] as number
        if (other === item) continue
        if (together[other] === 0) met[count++] = other
        together[other] = (together[other] as number) + 1
      }
    }
    let found = 0
    for (let at = 0; at < count; at++) {
      const other = met[at] as number
      const weight = strength(together[other] as number, item, other)
      together[other] = 0
      if (weight === 0) continue
      met[found] = other
      weights[found++] = weight
    }
    const row = strongest(met.subarray(0, found), weights.subarray(0, found), most)
    rows.push(row)
    offsets[item + 1] = (offsets[item] as number) + row.items.length
  }
  const size = offsets[baskets.itemCount] as number
  const flat: SparseWeights = { offsets, items: new Int32Array(size), weights: new Float32Array(size) }
  rows.forEach((row, item) => {
    flat.items.set(row.items, offsets[item])
    flat.weights.set(row.weights, offsets[item])
  })
  return flat
}

/** Of equals at the end those that were met first. */
function strongest(items: Int32Array, weights: Float32Array, most: number) {
  if (items.length <= most) return { items: items.slice(), weights: weights.slice() }
  const least = weights.slice().sort()[weights.length - most] as number
  let equals = most
  for (const weight of weights) if (weight > least) equals--
  const isKept = (at: number) => (weights[at] as number) > least || (weights[at] === least && equals-- > 0)
  const kept = Int32Array.from(items.keys()).filter(isKept)
  return {
    items: kept.map((at) => items[at] as number),
    weights: Float32Array.from(kept, (at) => weights[at] as number),
  }
}

/** The cosine of two items; shrinkage doubts what was seen only a few times. */
export function cosineOf(baskets: Baskets, shrinkage: number): Strength {
  const counts = countItems(baskets)
  return (together, item, other) =>
    together / (Math.sqrt((counts[item] as number) * (counts[other] as number)) + shrinkage)
}
