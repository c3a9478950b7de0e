/** How good a ranking is, by what people said of its products: 1 is the best that could be, 0 finds nothing. */

/** What people said of a product for a query; higher is better, and nothing said counts as nothing. */
export type Judgements = ReadonlyMap<string, number>

export const DEPTH = 10

/** Gains grow as 2^relevance - 1 and count less with each place, as the best possible order of the judged would. */
export function ndcg(ranked: readonly string[], judged: Judgements): number {
  const best = [...judged.values()].sort((a, b) => b - a)
  const ideal = discounted(best)
  return ideal === 0 ? 0 : discounted(ranked.map((id) => judged.get(id) ?? 0)) / ideal
}

/** Whether one of the first is a product that people call relevant at all. */
export const succeeded = (ranked: readonly string[], judged: Judgements): boolean =>
  ranked.slice(0, DEPTH).some((id) => (judged.get(id) ?? 0) > 0)

const discounted = (relevances: readonly number[]): number =>
  relevances
    .slice(0, DEPTH)
    .reduce((sum, relevance, place) => sum + (2 ** Math.max(relevance, 0) - 1) / Math.log2(place + 2), 0)
