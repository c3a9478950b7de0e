import { type Baskets, basketAt, basketCount, countItems } from './baskets.ts'
import { type SparseWeights, weighPairs } from './co-occurrence.ts'
import { invertInPlace } from './symmetric-inverse.ts'

/** `penalty` holds every weight down, `dropout` those of frequent items more: as if so large a share had been forgotten. */
export type RidgeSettings = { penalty: number; dropout: number }

/**
 * How much each item of a basket adds to the expectation of another. `head`: those with the most support, each explained
 * by all others at once; row `k` holds what `headItems[k]` adds. `tail`: pairs with a rare item, one explained by the other.
 */
export type Ridge = {
  headItems: Int32Array
  head: Float32Array
  tail: SparseWeights | undefined
  /** What is expected of an item whatever else is in the basket. */
  intercept: Float32Array
}

/** The work grows with the cube of these: a minute or so at this many. */
export const HEAD_MOST = 5_000
const TAIL_NEIGHBOURS = 200

/** The constant is hardly held down: it is known from all baskets. */
const CONSTANT_PENALTY = 1

/**
 * EASE (Steck 2019) with a constant: the ridge regression of each item on all others, read off one inverse. The constant
 * is one more item that is in every basket, so that the weights say what an item adds to the popularity of another.
 */
export function trainRidge(baskets: Baskets, { penalty, dropout }: RidgeSettings, headMost = HEAD_MOST): Ridge {
  const counts = countItems(baskets)
  const headItems = mostFrequent(counts, headMost)
  const size = headItems.length
  const precision = countTogether(baskets, headItems)
  const damping = dropout / (1 - dropout)
  const n = size + 1
  for (let k = 0; k < size; k++) precision[k * n + k] = (precision[k * n + k] as number) * (1 + damping) + penalty
  precision[size * n + size] = basketCount(baskets) + CONSTANT_PENALTY
  invertInPlace(precision, n)

  const head = new Float32Array(size * size)
  const intercept = new Float32Array(baskets.itemCount)
  for (let item = 0; item < counts.length; item++)
    intercept[item] = (counts[item] as number) / (basketCount(baskets) + CONSTANT_PENALTY)
  for (let to = 0; to < size; to++) {
    const own = precision[to * n + to] as number
    intercept[headItems[to] as number] = -(precision[size * n + to] as number) / own
    for (let from = 0; from < size; from++)
      if (from !== to) head[from * size + to] = -(precision[from > to ? from * n + to : to * n + from] as number) / own
  }
  const hasTail = size < counts.filter((count) => count > 0).length
  const alone = (together: number, item: number) => together / ((counts[item] as number) * (1 + damping) + penalty)
  const tail = hasTail ? weighTail(baskets, { headItems, head, alone }) : undefined
  return { headItems, head, tail, intercept }
}

/**
 * Pairs with an item of the tail. What one item alone explains is more than what is left of it when all others explain too:
 * how much more is seen at the pairs of the head, and the tail is scaled by it, so that both can be added.
 */
function weighTail(
  baskets: Baskets,
  { headItems, head, alone }: Pick<Ridge, 'headItems' | 'head'> & { alone: (together: number, item: number) => number },
): SparseWeights {
  const places = placesOf(headItems, baskets.itemCount)
  let left = 0
  let all = 0
  const tail = weighPairs(baskets, {
    most: TAIL_NEIGHBOURS,
    strength(together, item, other) {
      const weight = alone(together, item)
      const from = places[item] as number
      const to = places[other] as number
      if (from < 0 || to < 0) return weight
      left += weight * (head[from * headItems.length + to] as number)
      all += weight * weight
      return 0
    },
  })
  const scale = all > 0 && left > 0 ? left / all : 1
  for (let at = 0; at < tail.weights.length; at++) tail.weights[at] = scale * (tail.weights[at] as number)
  return tail
}

/** Where each item stands in the head; -1 for those of the tail. */
export function placesOf(headItems: Int32Array, itemCount: number): Int32Array {
  const places = new Int32Array(itemCount).fill(-1)
  headItems.forEach((item, place) => (places[item] = place))
  return places
}

function mostFrequent(counts: Float64Array, most: number): Int32Array {
  const seen = Array.from(counts.keys()).filter((item) => (counts[item] as number) > 0)
  return Int32Array.from(seen.sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b).slice(0, most))
}

/** How often each two are together, in a lower triangle; the last row, the constant, is together with everything. */
function countTogether(baskets: Baskets, headItems: Int32Array): Float64Array {
  const n = headItems.length + 1
  const places = placesOf(headItems, baskets.itemCount)
  const matrix = new Float64Array(n * n)
  for (let basket = 0; basket < basketCount(baskets); basket++) {
    const here = basketAt(baskets, basket)
      .map((item) => places[item] as number)
      .filter((place) => place >= 0)
      .sort()
    for (let a = 0; a < here.length; a++) {
      const row = (here[a] as number) * n
      for (let b = 0; b <= a; b++) matrix[row + (here[b] as number)] = (matrix[row + (here[b] as number)] as number) + 1
      matrix[(n - 1) * n + (here[a] as number)] = (matrix[(n - 1) * n + (here[a] as number)] as number) + 1
    }
  }
  return matrix
}
