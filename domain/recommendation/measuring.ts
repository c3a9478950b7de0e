import type { Evidence } from './scoring.ts'

/**
 * One question of an evaluation: what is known, and which items came. They are looked for among the first ten; what is
 * in `barred` cannot be the answer. Each item that came is worth the same share of `weight`.
 */
export type Case = {
  evidence: Evidence
  own: Evidence
  came: readonly number[]
  barred: ArrayLike<number>
  weight: number
}

export type Figures = { hitRate: number; ndcg: number; coverage: number }

export const TOP = 10

/** Fills in a score for each item. */
export type Scorer = (asked: Case, scores: Float64Array) => void

/** Asks each case, and looks at the ten items that are scored highest. Among equals the one that sells more comes first. */
export function measure(cases: readonly Case[], scorer: Scorer, popularity: Float64Array): Figures {
  const scores = new Float64Array(popularity.length)
  const shown = new Set<number>()
  let hits = 0
  let gain = 0
  let total = 0
  for (const asked of cases) {
    scores.fill(0)
    scorer(asked, scores)
    for (let at = 0; at < asked.barred.length; at++) scores[asked.barred[at] as number] = -Infinity
    const best = bestOf(scores, popularity, TOP)
    for (const item of best) shown.add(item)
    total += asked.weight
    for (const item of asked.came) {
      const place = best.indexOf(item)
      if (place < 0) continue
      hits += asked.weight / asked.came.length
      gain += asked.weight / asked.came.length / Math.log2(place + 2)
    }
  }
  return { hitRate: hits / total, ndcg: gain / total, coverage: shown.size / popularity.length }
}

/** The items with the highest scores, best first. */
export function bestOf(scores: Float64Array, popularity: Float64Array, most: number): number[] {
  const best: number[] = []
  const isBetter = (a: number, b: number): boolean =>
    scores[a] === scores[b]
      ? popularity[a] === popularity[b]
        ? a < b
        : (popularity[a] as number) > (popularity[b] as number)
      : (scores[a] as number) > (scores[b] as number)
  for (let item = 0; item < scores.length; item++) {
    if (scores[item] === -Infinity) continue
    if (best.length === most && !isBetter(item, best[most - 1] as number)) continue
    let place = best.length < most ? best.length : most - 1
    while (place > 0 && isBetter(item, best[place - 1] as number)) {
      best[place] = best[place - 1] as number
      place--
    }
    best[place] = item
  }
  return best
}
