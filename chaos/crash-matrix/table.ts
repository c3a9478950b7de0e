import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Table from 'cli-table3'
import type { MatrixResult, RowResult } from './index.ts'

const headings = ['workflow', 'step', 'attempt', 'killed', 'what happens in the shop', 'ends as', 'after']

/** For a terminal. */
export function asTable(result: MatrixResult): string {
  const table = new Table({ head: [...headings, ''], style: { head: [], border: [], compact: true } })
  for (const row of result.rows) table.push([...cellsOf(row), row.failure ?? '✓'])
  return `${table.toString()}\n${sumOf(result)}`
}

/** Leaves `crash-matrix.json` and `crash-matrix.md` in a folder. */
export function writeMatrix(result: MatrixResult, folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'crash-matrix.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(folder, 'crash-matrix.md'), asMarkdown(result))
}

/** For the documents. */
function asMarkdown(result: MatrixResult): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [
    line(headings),
    line(headings.map(() => '---')),
    ...result.rows.map((row) => line(cellsOf(row).map((cell) => cell.replaceAll('|', '\\|')))),
    '',
    sumOf(result),
    '',
  ].join('\n')
}

const cellsOf = (row: RowResult): string[] => [
  row.workflow,
  row.step,
  row.attempt ?? '',
  row.moment,
  row.scenario.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  row.failure === undefined ? row.ending : `✗ ${row.failure}`,
  row.recoveryMs === null ? '' : `${(row.recoveryMs / 1000).toFixed(1)} s`,
]

function sumOf({ rows, kills, promises, processes, leftOut, tookMs }: MatrixResult): string {
  const failed = rows.filter(({ failure }) => failure !== undefined).length
  const broken = promises.filter(({ violations }) => violations.length > 0).length
  const skipped = promises.filter((each) => each.skipped !== undefined).length
  return [
    `${processes}: ${rows.length} rows by ${kills} kills, ${failed} failed`,
    `${promises.length - broken - skipped} of ${promises.length} invariants hold`,
    ...(leftOut.length > 0 ? [`${leftOut.length} rows left out: ${leftOut[0]?.why}`] : []),
    `${Math.round(tookMs / 1000)} s`,
  ].join('; ')
}
