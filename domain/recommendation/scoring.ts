import { type Baskets, countItems } from './baskets.ts'
import { cosineOf, type SparseWeights, weighPairs } from './co-occurrence.ts'
import { HEAD_MOST, type Ridge, type RidgeSettings, trainRidge } from './ridge.ts'

/** What is known of whoever is asked for: items, each with how much it counts. */
export type Evidence = { items: ArrayLike<number>; weights: ArrayLike<number> }

/**
 * How the parts of a score are added: the constant (popularity), the ridge and the cosine of what is known, and what the
 * customer bought before. Without `own`, what was bought before is not recommended.
 */
export type Blend = { constant: number; ridge: number; cosine: number; own: number | undefined }

export type ItemModel = {
  itemCount: number
  counts: Float64Array
  ridge: Ridge
  cosine: SparseWeights
}

/** Counts of a few are doubted, and so many others of an item are kept. */
export const SHRINKAGE = 10
const COSINE_NEIGHBOURS = 1_000

/** What a model is trained with. */
export type Settings = { ridge: RidgeSettings; shrinkage: number }

export const trainModel = (baskets: Baskets, { ridge, shrinkage }: Settings, headMost = HEAD_MOST): ItemModel => ({
  itemCount: baskets.itemCount,
  counts: countItems(baskets),
  ridge: trainRidge(baskets, ridge, headMost),
  cosine: trainCosine(baskets, shrinkage),
})

export const trainCosine = (baskets: Baskets, shrinkage: number): SparseWeights =>
  weighPairs(baskets, { strength: cosineOf(baskets, shrinkage), most: COSINE_NEIGHBOURS })

export function addRidge(
  { headItems, head, tail }: Ridge,
  places: Int32Array,
  evidence: Evidence,
  to: Float64Array,
): void {
  const size = headItems.length
  const sums = new Float64Array(size)
  for (let at = 0; at < evidence.items.length; at++) {
    const place = places[evidence.items[at] as number] as number
    const weight = evidence.weights[at] as number
    if (place < 0) continue
    for (let k = 0; k < size; k++) sums[k] = (sums[k] as number) + weight * (head[place * size + k] as number)
  }
  for (let k = 0; k < size; k++)
    to[headItems[k] as number] = (to[headItems[k] as number] as number) + (sums[k] as number)
  if (tail) addSparse(tail, evidence, to)
}

export function addSparse({ offsets, items, weights }: SparseWeights, evidence: Evidence, to: Float64Array): void {
  for (let at = 0; at < evidence.items.length; at++) {
    const item = evidence.items[at] as number
    const weight = evidence.weights[at] as number
    for (let pair = offsets[item] as number; pair < (offsets[item + 1] as number); pair++)
      to[items[pair] as number] = (to[items[pair] as number] as number) + weight * (weights[pair] as number)
  }
}
