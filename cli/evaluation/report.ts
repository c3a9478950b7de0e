import Table from 'cli-table3'
import { DEPTH } from '../../domain/search-quality.ts'
import type { Evaluation, Figures } from './evaluate.ts'

const rows: readonly { title: string; of: keyof Figures; digits: number; unit: string }[] = [
  { title: `nDCG@${DEPTH}, whole catalogue`, of: 'ndcg', digits: 4, unit: '' },
  { title: `nDCG@${DEPTH}, judged products only`, of: 'ndcgOfJudged', digits: 4, unit: '' },
  { title: `success@${DEPTH}`, of: 'success', digits: 4, unit: '' },
  { title: 'latency p50', of: 'p50Ms', digits: 1, unit: ' ms' },
  { title: 'latency p95', of: 'p95Ms', digits: 1, unit: ' ms' },
]

/** The figures of both sides, side by side. */
export function evaluationTable({ ours, plain, ...size }: Evaluation): string {
  const table = new Table({ head: ['', 'Holdfast', 'plain BM25', 'ratio'], style: { head: [], border: [] } })
  for (const { title, of, digits, unit } of rows) {
    const shown = (figures: Figures) => `${figures[of].toFixed(digits)}${unit}`
    table.push([title, shown(ours), shown(plain), plain[of] === 0 ? '' : (ours[of] / plain[of]).toFixed(2)])
  }
  const count = (value: number) => value.toLocaleString('en-US')
  const unknown = size.unknownProducts > 0 ? `; ${count(size.unknownProducts)} of unknown products are left out` : ''
  return `${table.toString()}\n${count(size.products)} products, ${count(size.queries)} queries, ${count(size.judgements)} judgements${unknown}`
}
