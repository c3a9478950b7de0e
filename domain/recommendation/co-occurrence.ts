import { type Baskets, basketAt, basketsByItem, countItems } from './baskets.ts'

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
  const together = new Float64Array(baskets.itemCount)
  const offsets = new Int32Array(baskets.itemCount + 1)
  const rows: { items: Int32Array; weights: Float32Array }[] = []
  for (let item = 0; item < baskets.itemCount; item++) {
    const met: number[] = []
    for (const n of basketAt(byItem, item))
      for (const other of basketAt(baskets, n)) {
        if (other === item) continue
        if (together[other] === 0) met.push(other)
        together[other] = (together[other] as number) + 1
      }
    const pairs = met.map((other) => ({ other, weight: strength(together[other] as number, item, other) }))
    for (const other of met) together[other] = 0
    const kept = pairs.filter(({ weight }) => weight !== 0)
    if (kept.length > most) {
      kept.sort((a, b) => b.weight - a.weight)
      kept.length = most
    }
    rows.push({
      items: Int32Array.from(kept, ({ other }) => other),
      weights: Float32Array.from(kept, ({ weight }) => weight),
    })
    offsets[item + 1] = (offsets[item] as number) + kept.length
  }
  const size = offsets[baskets.itemCount] as number
  const flat: SparseWeights = { offsets, items: new Int32Array(size), weights: new Float32Array(size) }
  rows.forEach((row, item) => {
    flat.items.set(row.items, offsets[item])
    flat.weights.set(row.weights, offsets[item])
  })
  return flat
}

/** The cosine of two items; shrinkage doubts what was seen only a few times. */
export function cosineOf(baskets: Baskets, shrinkage: number): Strength {
  const counts = countItems(baskets)
  return (together, item, other) =>
    together / (Math.sqrt((counts[item] as number) * (counts[other] as number)) + shrinkage)
}
