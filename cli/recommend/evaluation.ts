import { type Baskets, basketCount, countItems, scatter, selectBaskets } from '../../domain/recommendation/baskets.ts'
import {
  type Histories,
  leaveOneOut,
  nextBaskets,
  wholeHistories,
  withoutLast,
} from '../../domain/recommendation/cases.ts'
import {
  chooseForBaskets,
  chooseForHistories,
  type HistoryChoice,
  scorerOf,
  trialCases,
} from '../../domain/recommendation/choosing.ts'
import { type Case, type Figures, measure, type Scorer } from '../../domain/recommendation/measuring.ts'
import { addSparse, trainCosine, trainModel } from '../../domain/recommendation/scoring.ts'

export type Row = { method: string; figures: Figures; trainingMs: number; peakMiB: number }
export type Evaluation = { rows: Row[]; chosen: Partial<HistoryChoice>[]; cases: number }

const FOLDS = 5
/** From so many baskets on, one fold says it as well as all of them. */
const ONE_FOLD_FROM = 20_000
const MOST_BASKETS = 20_000
const MOST_USERS = 20_000

/** Each fold is asked by leave-one-out, with what was learnt from the others. */
export function evaluateBaskets(baskets: Baskets, say: (step: string) => void): Evaluation {
  const folds = basketCount(baskets) < ONE_FOLD_FROM ? FOLDS : 1
  const parts = Array.from({ length: folds }, (_, fold) => {
    const isAsked = (n: number) => scatter(n) % FOLDS === fold
    const known = selectBaskets(baskets, (n) => !isAsked(n))
    const cases = leaveOneOut(selectBaskets(baskets, isAsked), MOST_BASKETS)
    const part = `part ${fold + 1} of ${folds}`
    say(`${part}: popularity and item-cosine`)
    const popularity = timed(() => countItems(known))
    const cosine = timed(() => trainCosine(known, 0))
    const first = [
      rowOf('popularity', popularity, { cases, known, scorer: () => {} }),
      rowOf('item-cosine', cosine, { cases, known, scorer: bySparse(cosine.value) }),
    ]
    say(`${part}: choosing and training`)
    const ours = timed(() => {
      const choice = chooseForBaskets(known)
      return { choice, model: trainModel(known, choice) }
    })
    const scorer = scorerOf(ours.value.model, ours.value.choice.blend)
    return { rows: [...first, rowOf('ours', ours, { cases, known, scorer })], chosen: ours.value.choice, cases }
  })
  return {
    rows: ['popularity', 'item-cosine', 'ours'].map((method, n) =>
      meanOf(
        method,
        parts.map(({ rows }) => rows[n] as Row),
      ),
    ),
    chosen: parts.map(({ chosen }) => chosen),
    cases: parts.reduce((sum, { cases }) => sum + cases.length, 0),
  }
}

/** The last basket of each user is asked for, with what was learnt from all those before. */
export function evaluateHistories(histories: Histories, say: (step: string) => void): Evaluation {
  const known = withoutLast(histories, 1)
  const rows = wholeHistories(known)
  const casesWith = (decay: number) => nextBaskets(histories, { back: 1, decay, most: MOST_USERS })
  const plain = casesWith(1)
  const trials = trialCases(known, 1)
  say('popularity and item-cosine')
  const popularity = timed(() => countItems(known.baskets))
  const cosine = timed(() => trainCosine(rows, 0))
  const trialCosine = trainCosine(wholeHistories(withoutLast(known, 1)), 0)
  const measured = { known: known.baskets, cases: plain }
  const first = [
    rowOf('popularity', popularity, {
      ...measured,
      scorer: betterOf(
        () => {},
        () => {},
        { trials, counts: popularity.value },
      ),
    }),
    rowOf('item-cosine', cosine, {
      ...measured,
      scorer: betterOf(bySparse(trialCosine), bySparse(cosine.value), { trials, counts: popularity.value }),
    }),
  ]
  say('choosing and training')
  const ours = timed(() => {
    const choice = chooseForHistories(known)
    const learnt = choice.learnsFrom === 'histories' ? rows : known.baskets
    return { choice, model: trainModel(learnt, choice) }
  })
  const { choice, model } = ours.value
  const cases = casesWith(choice.decay)
  const row = rowOf('ours', ours, { cases, known: known.baskets, scorer: scorerOf(model, choice.blend) })
  return { rows: [...first, row], chosen: [choice], cases: cases.length }
}

const bySparse =
  (weights: ReturnType<typeof trainCosine>): Scorer =>
  ({ evidence }, scores) =>
    addSparse(weights, evidence, scores)

/** What is compared with is given its better form: with what the user bought before, or without it. */
function betterOf(
  trial: Scorer,
  scorer: Scorer,
  { trials, counts }: { trials: readonly Case[]; counts: Float64Array },
): Scorer {
  const withoutOwn =
    (scorer: Scorer): Scorer =>
    (asked, scores) => {
      scorer(asked, scores)
      for (let at = 0; at < asked.own.items.length; at++) scores[asked.own.items[at] as number] = -Infinity
    }
  const worth = ({ hitRate, ndcg }: Figures) => hitRate + ndcg
  const isBetterWithout =
    trials.length > 0 && worth(measure(trials, withoutOwn(trial), counts)) > worth(measure(trials, trial, counts))
  return isBetterWithout ? withoutOwn(scorer) : scorer
}

function rowOf(
  method: string,
  trained: { ms: number; peakMiB: number },
  { cases, known, scorer }: { cases: readonly Case[]; known: Baskets; scorer: Scorer },
): Row {
  return {
    method,
    figures: measure(cases, scorer, countItems(known)),
    trainingMs: trained.ms,
    peakMiB: trained.peakMiB,
  }
}

function timed<T>(work: () => T): { value: T; ms: number; peakMiB: number } {
  const startedAt = performance.now()
  const value = work()
  return { value, ms: performance.now() - startedAt, peakMiB: process.resourceUsage().maxRSS / 1024 }
}

function meanOf(method: string, rows: readonly Row[]): Row {
  const mean = (of: (row: Row) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length
  return {
    method,
    figures: {
      hitRate: mean(({ figures }) => figures.hitRate),
      ndcg: mean(({ figures }) => figures.ndcg),
      coverage: mean(({ figures }) => figures.coverage),
    },
    trainingMs: mean(({ trainingMs }) => trainingMs),
    peakMiB: Math.max(...rows.map(({ peakMiB }) => peakMiB)),
  }
}
