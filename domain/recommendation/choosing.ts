import { type Baskets, basketCount, countItems, scatter, selectBaskets } from './baskets.ts'
import { type Histories, leaveOneOut, nextBaskets, wholeHistories, withoutLast } from './cases.ts'
import { type Case, type Scorer, TOP } from './measuring.ts'
import { placesOf, type RidgeSettings, trainRidge } from './ridge.ts'
import {
  addRidge,
  addSparse,
  type Blend,
  type ItemModel,
  SHRINKAGE,
  type Settings,
  trainCosine,
  trainModel,
} from './scoring.ts'

/** What is tried. The choice is made on a part of what is learnt from, never on what is asked in the end. */
const ridges: RidgeSettings[] = [
  { penalty: 100, dropout: 0 },
  { penalty: 30, dropout: 0 },
  { penalty: 10, dropout: 0 },
  { penalty: 1, dropout: 0 },
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
const roughOwns: readonly (number | undefined)[] = [undefined, 0, 0.3]
const decays = [0.8, 0.9, 0.6, 1]

/** Without ridge and cosine all are equal, and what sells more comes first: popularity. */
const onlyCosine = { constant: 0, ridge: 0, cosine: 1 }
const onlyPopularity = { constant: 0, ridge: 0, cosine: 0 }
const related = [
  ...constants.flatMap((constant) => mixtures.map((mixture) => ({ constant, ...mixture }))),
  onlyCosine,
  onlyPopularity,
]
const blends = (parts: typeof related, own: readonly (number | undefined)[]): Blend[] =>
  parts.flatMap((each) => own.map((share) => ({ ...each, own: share })))

/** For the choice a smaller head and a sample of the cases say enough. */
const TRIAL_HEAD = 1_500
const TRIAL_CASES = 2_000
const FEWEST_CASES = 20

/** Of few baskets a fifth says little: then each fifth is asked with what the others say, as far as the inverses allow. */
const FIFTHS = 5
const FEW_BASKETS = 10_000
const FIFTHS_EFFORT = 2e9

export type Choice = Settings & { blend: Blend }
export type HistoryChoice = Choice & { decay: number; learnsFrom: 'baskets' | 'histories' }

/** Something that can be chosen, and what it was worth in each case. */
type Tried<C> = { choice: C; worths: Float64Array }
type Trial = { known: Baskets; cases: readonly Case[] }

/** Tries everything on baskets that are left out of what is learnt from. */
export function chooseForBaskets(baskets: Baskets): Choice {
  const head = Math.min(baskets.itemCount, TRIAL_HEAD)
  const affordable = Math.min(FIFTHS, Math.max(1, Math.round(FIFTHS_EFFORT / head ** 3)))
  const trials = Array.from({ length: basketCount(baskets) < FEW_BASKETS ? affordable : 1 }, (_, part) => {
    const isAsked = (n: number) => scatter(n + 1_000_003) % FIFTHS === part
    return {
      known: selectBaskets(baskets, (n) => !isAsked(n)),
      cases: leaveOneOut(selectBaskets(baskets, isAsked), TRIAL_CASES),
    }
  })
  const [safe, ...others] = tryAll(trials, [undefined]) as [Tried<Choice>, ...Tried<Choice>[]]
  return clearlyBest(safe, others)
}

/** The last basket of each customer that is known: what is chosen by. */
export const trialCases = (histories: Histories, decay: number): Case[] =>
  nextBaskets(histories, { back: 1, decay, most: TRIAL_CASES })

/**
 * Tries everything on the last basket of each customer, learning from those before it. A shop that does not recommend
 * again what was bought leaves `own` at undefined.
 */
export function chooseForHistories(histories: Histories, own: readonly (number | undefined)[] = owns): HistoryChoice {
  const known = withoutLast(histories, 1)
  const cases = trialCases(histories, 1)
  const whole = { decay: 1, learnsFrom: 'histories' } as const
  if (cases.length < FEWEST_CASES) {
    const choice = chooseForBaskets(wholeHistories(histories))
    return { ...choice, ...whole, blend: { ...choice.blend, own: own.includes(0) ? 0 : undefined } }
  }
  const rows = { histories: wholeHistories(known), baskets: known.baskets }
  const roughly = own.filter((share) => roughOwns.includes(share))
  const byHistories = tryAll([{ known: rows.histories, cases }], roughly)
  // With the same settings, learning from single baskets is seen to be better or not.
  const { ridge } = bestOf(byHistories).choice
  const byBaskets = tryAll([{ known: rows.baskets, cases }], roughly, [ridge])
  const tried: Tried<HistoryChoice>[] = [
    ...byHistories.map(({ choice, worths }) => ({ choice: { ...choice, ...whole }, worths })),
    ...byBaskets.map(({ choice, worths }) => ({
      choice: { ...choice, decay: 1, learnsFrom: 'baskets' as const },
      worths,
    })),
  ]
  const { choice } = bestOf(tried)
  const model = trainModel(rows[choice.learnsFrom], choice, TRIAL_HEAD)
  const refined = own.map((share) => ({ ...choice.blend, own: share }))
  const finer = decays.flatMap((decay) =>
    worthOf(model, trialCases(histories, decay), refined).map((worths, n) => ({
      choice: { ...choice, decay, blend: refined[n] as Blend },
      worths,
    })),
  )
  const plain = tried.filter(({ choice: { shrinkage, learnsFrom } }) => shrinkage === 0 && learnsFrom === 'histories')
  return clearlyBest(bestOf(plain), [...tried, ...finer])
}

/** All that can be chosen; those without shrinkage, plain item-cosine, come first. */
function tryAll(
  trials: readonly Trial[],
  own: readonly (number | undefined)[],
  settings: readonly RidgeSettings[] = ridges,
): Tried<Choice>[] {
  const all = blends(related, own)
  const plain = blends([onlyCosine], own)
  const parts = trials.map(({ known, cases }) => {
    const [counts, itemCount] = [countItems(known), known.itemCount]
    const cosine = trainCosine(known, SHRINKAGE)
    const unshrunk = trainCosine(known, 0)
    return settings.flatMap((each, n) => {
      const ridge = trainRidge(known, each, TRIAL_HEAD)
      const shrunk = worthOf({ itemCount, counts, ridge, cosine }, cases, all)
      return n > 0 ? shrunk : [...worthOf({ itemCount, counts, ridge, cosine: unshrunk }, cases, plain), ...shrunk]
    })
  })
  const choices = settings.flatMap((ridge, n): Choice[] => [
    ...(n > 0 ? [] : plain.map((blend) => ({ ridge, shrinkage: 0, blend }))),
    ...all.map((blend) => ({ ridge, shrinkage: SHRINKAGE, blend })),
  ])
  return choices.map((choice, n) => ({
    choice,
    worths: Float64Array.from(parts.flatMap((worths) => Array.from(worths[n] as Float64Array))),
  }))
}

const sumOf = (worths: Float64Array): number => worths.reduce((sum, worth) => sum + worth, 0)

/** The first of the best. */
function bestOf<C>(tried: readonly Tried<C>[]): Tried<C> {
  const sums = tried.map(({ worths }) => sumOf(worths))
  return tried[sums.indexOf(Math.max(...sums))] as Tried<C>
}

/** The best, if it is better than the safe one by more than chance would make it: by one standard error. */
function clearlyBest<C>(safe: Tried<C>, others: readonly Tried<C>[]): C {
  const best = bestOf(others)
  const gains = best.worths.map((worth, n) => worth - (safe.worths[n] as number))
  const gain = sumOf(gains)
  const spread = Math.sqrt(sumOf(gains.map((each) => (each - gain / gains.length) ** 2)))
  return gain > spread ? best.choice : safe.choice
}

/** Hit-rate and nDCG of each blend in each case: one alone is too coarse to choose by. The parts are scored once for all. */
function worthOf(model: ItemModel, cases: readonly Case[], tried: readonly Blend[]): Float64Array[] {
  const parts = partsOf(model)
  const worths = tried.map(() => new Float64Array(cases.length))
  const scores = new Float64Array(model.itemCount)
  cases.forEach((asked, at) => {
    parts.score(asked)
    tried.forEach((blend, n) => {
      parts.add(blend, asked, scores)
      let worth = 0
      for (const item of asked.came) {
        const place = placeOf(item, scores, model.counts)
        if (place < TOP) worth += 1 + 1 / Math.log2(place + 2)
      }
      ;(worths[n] as Float64Array)[at] = (asked.weight * worth) / asked.came.length
    })
  })
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
