import { type Baskets, countItems, scatter, selectBaskets } from './baskets.ts'
import { type Histories, leaveOneOut, nextBaskets, wholeHistories, withoutLast } from './cases.ts'
import { type Case, type Scorer, TOP } from './measuring.ts'
import { placesOf, type RidgeSettings, trainRidge } from './ridge.ts'
import { addRidge, addSparse, type Blend, type ItemModel, SHRINKAGE, trainCosine, trainModel } from './scoring.ts'

/** What is tried. The choice is made on a part of what is learnt from, never on what is asked in the end. */
const ridges: RidgeSettings[] = [
  { penalty: 100, dropout: 0 },
  { penalty: 30, dropout: 0 },
  { penalty: 300, dropout: 0 },
  { penalty: 1_000, dropout: 0 },
  { penalty: 10, dropout: 0.3 },
  { penalty: 100, dropout: 0.3 },
]
const constants = [0, 0.5, 1, 2]
const mixtures = [
  { ridge: 1, cosine: 0 },
  { ridge: 1, cosine: 0.3 },
]
/** How much what was bought before counts; undefined leaves it out. */
const owns = [undefined, 0, 0.1, 0.3, 1, 3]
/** Enough to compare everything else by. */
const roughOwns = [undefined, 0.3]
const decays = [0.8, 0.9, 0.6, 1]

/** Without ridge and cosine all are equal, and what sells more comes first: popularity. */
const plain = [
  { constant: 0, ridge: 0, cosine: 1 },
  { constant: 0, ridge: 0, cosine: 0 },
]
const related = [...constants.flatMap((constant) => mixtures.map((mixture) => ({ constant, ...mixture }))), ...plain]
const blends = (own: readonly (number | undefined)[]): Blend[] =>
  related.flatMap((parts) => own.map((share) => ({ ...parts, own: share })))

/** For the choice a smaller head and a sample of the cases say enough. */
const TRIAL_HEAD = 1_500
const TRIAL_CASES = 2_000
const FEWEST_CASES = 20

export type Choice = { ridge: RidgeSettings; blend: Blend }
export type HistoryChoice = Choice & { decay: number; learnsFrom: 'baskets' | 'histories' }

/** Tries everything on a fifth of the baskets, learning from the others. */
export function chooseForBaskets(baskets: Baskets): Choice {
  const isAsked = (n: number) => scatter(n + 1_000_003) % 5 === 0
  const cases = leaveOneOut(selectBaskets(baskets, isAsked), TRIAL_CASES)
  const known = selectBaskets(baskets, (n) => !isAsked(n))
  return tryAll(known, cases, blends([undefined]))
}

/**
 * Tries everything on the last basket of each customer, learning from those before it. A shop that does not recommend
 * again what was bought leaves `own` at undefined.
 */
export function chooseForHistories(histories: Histories, own: readonly (number | undefined)[] = owns): HistoryChoice {
  const known = withoutLast(histories, 1)
  const casesWith = (decay: number) => nextBaskets(histories, { back: 1, decay, most: TRIAL_CASES })
  const cases = casesWith(decays[0] as number)
  if (cases.length < FEWEST_CASES) {
    const { ridge, blend } = chooseForBaskets(wholeHistories(histories))
    return { ridge, blend: { ...blend, own: own.includes(0) ? 0 : undefined }, decay: 1, learnsFrom: 'histories' }
  }
  const rows = { histories: wholeHistories(known), baskets: known.baskets }
  const tried = (['histories', 'baskets'] as const).map((learnsFrom) => ({
    learnsFrom,
    ...tryAll(rows[learnsFrom], cases, blends(roughOwns.filter((share) => own.includes(share)))),
  }))
  const { learnsFrom, ridge, blend } = bestBy(tried, ({ worth }) => worth)
  const model = trainModel(rows[learnsFrom], ridge, TRIAL_HEAD)
  const refined = own.map((share) => ({ ...blend, own: share }))
  const finer = decays.map((decay) => {
    const worths = worthOf(model, casesWith(decay), refined)
    const worth = Math.max(...worths)
    return { decay, blend: refined[worths.indexOf(worth)] as Blend, worth }
  })
  const { decay, blend: chosen } = bestBy(finer, ({ worth }) => worth)
  return { ridge, blend: chosen, decay, learnsFrom }
}

function tryAll(known: Baskets, cases: readonly Case[], tried: readonly Blend[]): Choice & { worth: number } {
  const cosine = trainCosine(known, SHRINKAGE)
  const counts = countItems(known)
  const trials = ridges.map((settings) => {
    const ridge = trainRidge(known, settings, TRIAL_HEAD)
    const worths = worthOf({ itemCount: known.itemCount, counts, ridge, cosine }, cases, tried)
    const worth = Math.max(...worths)
    return { ridge: settings, blend: tried[worths.indexOf(worth)] as Blend, worth }
  })
  return bestBy(trials, ({ worth }) => worth)
}

/** The first of the best. */
function bestBy<T>(candidates: readonly T[], worth: (candidate: T) => number): T {
  const worths = candidates.map(worth)
  return candidates[worths.indexOf(Math.max(...worths))] as T
}

/** Hit-rate and nDCG of each blend, added up: one alone is too coarse to choose by. The parts are scored once for all. */
function worthOf(model: ItemModel, cases: readonly Case[], tried: readonly Blend[]): number[] {
  const parts = partsOf(model)
  const worths = tried.map(() => 0)
  const scores = new Float64Array(model.itemCount)
  for (const asked of cases) {
    parts.score(asked)
    tried.forEach((blend, n) => {
      parts.add(blend, asked, scores)
      let worth = 0
      for (const item of asked.came) {
        const place = placeOf(item, scores, model.counts)
        if (place < TOP) worth += 1 + 1 / Math.log2(place + 2)
      }
      worths[n] = (worths[n] as number) + (asked.weight * worth) / asked.came.length
    })
  }
  return worths
}

function placeOf(item: number, scores: Float64Array, counts: Float64Array): number {
  const score = scores[item] as number
  if (score === -Infinity) return scores.length
  let place = 0
  for (let other = 0; other < scores.length; other++) {
    const rival = scores[other] as number
    if (rival < score || other === item) continue
    const isBefore =
      rival > score ||
      (counts[other] as number) > (counts[item] as number) ||
      (counts[other] === counts[item] && other < item)
    if (isBefore) place++
  }
  return place
}

/** A model and a blend as what scores a case. */
export function scorerOf(model: ItemModel, blend: Blend): Scorer {
  const parts = partsOf(model)
  return (asked, scores) => {
    parts.score(asked)
    parts.add(blend, asked, scores)
  }
}

function partsOf(model: ItemModel) {
  const { itemCount, ridge } = model
  const places = placesOf(ridge.headItems, itemCount)
  const byRidge = new Float64Array(itemCount)
  const byCosine = new Float64Array(itemCount)
  return {
    score({ evidence }: Case): void {
      byRidge.fill(0)
      byCosine.fill(0)
      addRidge(ridge, places, evidence, byRidge)
      addSparse(model.cosine, evidence, byCosine)
    },
    add(blend: Blend, { barred, own }: Case, scores: Float64Array): void {
      for (let item = 0; item < itemCount; item++)
        scores[item] =
          blend.constant * (ridge.intercept[item] as number) +
          blend.ridge * (byRidge[item] as number) +
          blend.cosine * (byCosine[item] as number)
      for (let at = 0; at < own.items.length; at++) {
        const item = own.items[at] as number
        scores[item] =
          blend.own === undefined ? -Infinity : (scores[item] as number) + blend.own * (own.weights[at] as number)
      }
      for (let at = 0; at < barred.length; at++) scores[barred[at] as number] = -Infinity
    },
  }
}
