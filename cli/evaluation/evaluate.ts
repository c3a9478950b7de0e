import { DEPTH, ndcg, succeeded } from '../../domain/search-quality.ts'
import { percentile } from '../../shopper/http.ts'
import { openSearchIndex } from '../../store/search-index.ts'
import { readSynonyms } from '../../store/search/synonyms.ts'
import { CannotRun } from '../running-stack.ts'
import { indexProducts, type JudgedQuery, listWrong, readJudgements } from './judged-files.ts'
import { openPlainSearch } from './plain-search.ts'

type Options = {
  products: string
  judgements: string
  url: string
  screen: { onLine: (line: string) => void; onStatus?: ((status: string) => void) | undefined }
  stop: AbortSignal
}

export type Figures = { ndcg: number; ndcgOfJudged: number; success: number; p50Ms: number; p95Ms: number }

export type Evaluation = {
  products: number
  queries: number
  judgements: number
  /** Judgements of products that the other file does not have, and that count for nothing. */
  unknownProducts: number
  ours: Figures
  plain: Figures
}

/** A search of the whole catalogue, or of these products. */
type Best = (q: string, among?: readonly string[]) => Promise<string[]>

// More at once than the engine has cores to answer with would only measure waiting.
const ASKED_AT_ONCE = 3
const PATIENT_MS = 120_000

/** Both searches over the same catalogue, in indices made for this run and dropped after it. */
export async function evaluate({ products, judgements, url, screen, stop }: Options): Promise<Evaluation> {
  const name = `evaluation-${process.pid}-${Date.now()}`
  const ours = openSearchIndex(url, { name, timeoutMs: PATIENT_MS, synonyms: readSynonyms() })
  const plain = openPlainSearch(url, `${name}-plain`)
  const wrong = listWrong(screen.onLine)
  try {
    await Promise.all([ours.create(), plain.create()])
    const numbers = await indexProducts(products, [ours, plain], {
      onBatch(count) {
        stop.throwIfAborted()
        screen.onStatus?.(`indexing: ${count.toLocaleString('en-US')} products`)
      },
      onWrong: wrong.hear,
    })
    await ours.serve()
    await Promise.all([ours.refresh(), plain.refresh()])
    const judged = await readJudgements(judgements, numbers, wrong.hear)
    wrong.conclude()
    const sides = await measure(
      judged.queries,
      [(q, among) => ours.best(q, DEPTH, among), (q, among) => plain.best(q, among)],
      (done) => {
        stop.throwIfAborted()
        screen.onStatus?.(
          `searching: ${done.toLocaleString('en-US')} of ${judged.queries.length.toLocaleString('en-US')} queries`,
        )
      },
    )
    screen.onStatus?.('')
    return {
      products: numbers.size,
      queries: judged.queries.length,
      judgements: judged.queries.reduce((sum, { judged }) => sum + judged.size, 0),
      unknownProducts: judged.unknownProducts,
      ours: sides[0] as Figures,
      plain: sides[1] as Figures,
    }
  } finally {
    await Promise.all([ours.drop(), plain.drop()]).catch(() =>
      screen.onLine(`The indices ${name}* are left in OpenSearch`),
    )
    await Promise.all([ours.close(), plain.close()])
  }
}

/** Asks each query of both sides in turn, so that whatever else the machine does weighs on both. */
async function measure(queries: readonly JudgedQuery[], sides: readonly Best[], onDone: (done: number) => void) {
  const samples = sides.map(() => ({ ndcg: 0, ndcgOfJudged: 0, success: 0, latenciesMs: [] as number[] }))
  let next = 0
  let done = 0
  const ask = async () => {
    for (let query = queries[next++]; query; query = queries[next++]) {
      const { q, judged } = query
      for (const [side, best] of sides.entries()) {
        const sample = samples[side] as (typeof samples)[number]
        const startedAt = performance.now()
        const ranked = await best(q)
        sample.latenciesMs.push(performance.now() - startedAt)
        // Asked before the sums are touched: one read before an answer and written after it would lose what others added.
        const rankedOfJudged = await best(q, [...judged.keys()])
        sample.ndcg += ndcg(ranked, judged)
        sample.success += succeeded(ranked, judged) ? 1 : 0
        sample.ndcgOfJudged += ndcg(rankedOfJudged, judged)
      }
      onDone(++done)
    }
  }
  if (queries[0]) await Promise.all(sides.map((best) => best((queries[0] as JudgedQuery).q)))
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, ask)).catch((error: unknown) => {
    if (error instanceof CannotRun) throw error
    throw new CannotRun(`OpenSearch did not answer a query: ${error instanceof Error ? error.message : String(error)}`)
  })
  const mean = (sum: number) => sum / queries.length
  return samples.map(
    ({ latenciesMs, ...sums }): Figures => ({
      ndcg: mean(sums.ndcg),
      ndcgOfJudged: mean(sums.ndcgOfJudged),
      success: mean(sums.success),
      p50Ms: percentile(latenciesMs, 50),
      p95Ms: percentile(latenciesMs, 95),
    }),
  )
}
