import { type Baskets, basketAt, basketCount, countItems, scatter, selectBaskets } from './baskets.ts'
import { type Histories, leaveOneOut, nextBaskets, wholeHistories, withoutLast } from './cases.ts'
import { chooseForHistories, type HistoryChoice, scorerOf } from './choosing.ts'
import { bestOf, type Case, type Figures, measure, type Scorer } from './measuring.ts'
import { placesOf } from './ridge.ts'
import { addRidge, addSparse, type ItemModel, trainModel } from './scoring.ts'

/** What a shop knows: who took what, which segments each customer belongs to, and each item's category with those it is in. */
export type ShopHistory = {
  histories: Histories
  segments: readonly (readonly string[])[]
  categories: readonly (readonly string[])[]
}

/** Items, best first, each with its score. */
export type Ranking = { items: number[]; scores: number[] }

export type TrainedShop = {
  choice: HistoryChoice
  figures: { cases: number; protocol: 'next_basket' | 'leave_one_out'; model: Figures; popularity: Figures }
  /** For each item what goes with it. */
  related: Ranking[]
  popular: { segment: string; ranking: Ranking }[]
}

const RELATED = 50
const POPULAR = 100
const MOST_CASES = 10_000
const FEWEST_CASES = 20

/** A shop does not recommend again what was just bought. */
const neverOwn = [undefined]

/** Learns from all but the newest, is asked for that, then learns from everything. */
export function trainShop({ histories, segments, categories }: ShopHistory): TrainedShop {
  const asked = questions(histories)
  const choice = chooseForHistories(asked.known, neverOwn)
  const rowsOf = (from: Histories) => (choice.learnsFrom === 'histories' ? wholeHistories(from) : from.baskets)
  const cases = asked.casesWith(choice.decay)
  const counts = countItems(asked.known.baskets)
  const tried = trainModel(rowsOf(asked.known), choice)
  const figures = {
    cases: cases.length,
    protocol: asked.protocol,
    model: figuresOf(cases, scorerOf(tried, choice.blend), counts),
    popularity: figuresOf(cases, withoutOwn, counts),
  }
  const model = trainModel(rowsOf(histories), choice)
  return {
    choice,
    figures,
    related: relatedOf(model, choice),
    popular: popularOf({ histories, segments, categories }, choice),
  }
}

/** The last basket of each customer, or, where hardly anybody came twice, items left out of a fifth of the baskets. */
function questions(histories: Histories) {
  const next = nextBaskets(histories, { back: 1, decay: 1, most: MOST_CASES })
  if (next.length >= FEWEST_CASES)
    return {
      protocol: 'next_basket' as const,
      known: withoutLast(histories, 1),
      casesWith: (decay: number): Case[] => nextBaskets(histories, { back: 1, decay, most: MOST_CASES }),
    }
  const { baskets } = histories
  const isAsked = (n: number) => scatter(n) % 5 === 0
  const cases = leaveOneOut(selectBaskets(baskets, isAsked), MOST_CASES)
  return {
    protocol: 'leave_one_out' as const,
    known: oneEach(selectBaskets(baskets, (n) => !isAsked(n))),
    casesWith: () => cases,
  }
}

/** Each basket as the whole history of somebody. */
const oneEach = (baskets: Baskets): Histories => ({
  baskets,
  users: Int32Array.from({ length: basketCount(baskets) + 1 }, (_, n) => n),
})

const withoutOwn: Scorer = ({ own }, scores) => {
  for (let at = 0; at < own.items.length; at++) scores[own.items[at] as number] = -Infinity
}

const figuresOf = (cases: readonly Case[], scorer: Scorer, counts: Float64Array): Figures =>
  cases.length === 0 ? { hitRate: 0, ndcg: 0, coverage: 0 } : measure(cases, scorer, counts)

/** Where popularity alone did best, a product page still shows what goes with it; it only weighs little. */
const FAINT = 0.01

function relatedOf(model: ItemModel, { blend }: HistoryChoice): Ranking[] {
  const places = placesOf(model.ridge.headItems, model.itemCount)
  const isFaint = blend.ridge === 0 && blend.cosine === 0
  const byRidge = new Float64Array(model.itemCount)
  const byCosine = new Float64Array(model.itemCount)
  return Array.from({ length: model.itemCount }, (_, item) => {
    const evidence = { items: [item], weights: [1] }
    byRidge.fill(0)
    byCosine.fill(0)
    if (blend.ridge > 0) addRidge(model.ridge, places, evidence, byRidge)
    if (blend.cosine > 0 || isFaint) addSparse(model.cosine, evidence, byCosine)
    const scores = byRidge.map(
      (score, other) => blend.ridge * score + (isFaint ? FAINT : blend.cosine) * (byCosine[other] as number),
    )
    return rankingOf(scores, model.counts, RELATED)
  })
}

/** Few customers say little about their segment: so many of the shop's average are added to them. */
const SEGMENT_DOUBT = 20
/** Of fewer baskets nothing is told: neither is it known nor is it anybody's business. */
const SEGMENT_FEWEST = 5
const MOST_SEGMENTS = 500

function popularOf({ histories, segments, categories }: ShopHistory, { blend }: HistoryChoice) {
  const { baskets, users } = histories
  const counts = countItems(baskets)
  const weight = blend.constant || FAINT
  const shares = counts.map((count) => count / Math.max(1, basketCount(baskets)))
  const rank = (scores: Float64Array) =>
    rankingOf(
      scores.map((share) => share * weight),
      counts,
      POPULAR,
    )
  const everybody = { segment: 'all', ranking: rank(shares) }
  const byCategory = [...new Set(categories.flat())].map((category) => ({
    segment: `category:${category}`,
    ranking: rank(shares.map((share, item) => (categories[item]?.includes(category) ? share : 0))),
  }))
  const members = new Map<string, number[]>()
  segments.forEach((names, user) => {
    for (const name of names) {
      const list = members.get(name) ?? []
      list.push(user)
      members.set(name, list)
    }
  })
  const largest = [...members].sort((a, b) => b[1].length - a[1].length).slice(0, MOST_SEGMENTS)
  const byPeople = largest.flatMap(([segment, people]) => {
    const taken = new Float64Array(baskets.itemCount)
    let seen = 0
    for (const user of people)
      for (let n = users[user] as number; n < (users[user + 1] as number); n++) {
        seen++
        for (const item of basketAt(baskets, n)) taken[item] = (taken[item] as number) + 1
      }
    if (seen < SEGMENT_FEWEST) return []
    const doubted = taken.map(
      (count, item) => (count + SEGMENT_DOUBT * (shares[item] as number)) / (seen + SEGMENT_DOUBT),
    )
    return [{ segment, ranking: rank(doubted) }]
  })
  return [everybody, ...byCategory, ...byPeople]
}

/** Only what there is reason for. */
function rankingOf(scores: Float64Array, counts: Float64Array, most: number): Ranking {
  const items = bestOf(scores, counts, most).filter((item) => (scores[item] as number) > 0)
  return { items, scores: items.map((item) => scores[item] as number) }
}
