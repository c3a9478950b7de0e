import { stripVTControlCharacters, styleText } from 'node:util'
import Table from 'cli-table3'
import { formatMoney } from '../../domain/money.ts'

/** Standard output is the product of this program. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** Colours only where somebody looks on. */
export const paint = (colour: Parameters<typeof styleText>[0], text: string): string =>
  styleText(colour, text, { stream: process.stdout, validateStream: true })

export const money = ({ amount, currency }: { amount: number; currency: string }): string =>
  formatMoney({ amountMinor: amount, currency })

/** `2026-11-24 06:07:23`, UTC. */
export const when = (time: string): string => time.slice(0, 19).replace('T', ' ')

const colours: Record<string, Parameters<typeof styleText>[0]> = {
  delivered: 'green',
  captured: 'green',
  received: 'green',
  succeeded: 'green',
  cancelled: 'dim',
  voided: 'dim',
  failed: 'red',
  rejected: 'red',
  pending: 'yellow',
  pending_approval: 'yellow',
  requires_action: 'yellow',
}

export const status = (word: string): string => paint(colours[word] ?? 'cyan', word)

export const attention = (why: string | undefined): string => (why === undefined ? '' : paint('red', why))

/** Units that come back, as one line. */
export const unitsLine = ({ quantity, product_id, restock }: Units): string =>
  `${quantity} × ${product_id}${restock ? ', back onto the shelf' : ''}`

type Units = { quantity: number; product_id: string; restock: boolean }

/** A line for each, or a word that there are none. */
export function printTable(head: string[], rows: string[][], none: string): void {
  print(rows.length === 0 ? none : tableText(head, rows, process.stdout.columns))
}

/** As narrow as its words; on a terminal the last column, which holds sentences, is wrapped to what is left of the line. */
export function tableText(head: string[], rows: string[][], terminalColumns?: number): string {
  const table = new Table({
    head: head.map((title) => paint('bold', title)),
    style: { head: [], border: [], compact: true },
    chars: Object.fromEntries(edges.map((edge) => [edge, edge === 'middle' ? GAP : ''])),
    ...(terminalColumns !== undefined && {
      colWidths: [...head.slice(1).map(() => null), Math.max(terminalColumns - widthOfOthers(head, rows), NARROWEST)],
      wordWrap: true,
    }),
  })
  table.push(...rows)
  return table.toString()
}

const GAP = '  '
const PADDING = 2
const NARROWEST = 24

const widthOfOthers = (head: string[], rows: string[][]): number =>
  head
    .slice(0, -1)
    .map((title, at) => Math.max(...[title, ...rows.map((row) => row[at] ?? '')].map(visibleLength)))
    .reduce((sum, width) => sum + width + PADDING + GAP.length, 0)

const visibleLength = (text: string): number => stripVTControlCharacters(text).length

const edges = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
] as const

export type Branch = { text: string; branches?: Branch[] }

/** What belongs under what, as `tree` of a terminal draws it. */
export function treeLines({ text, branches = [] }: Branch): string[] {
  return [
    text,
    ...branches.flatMap((branch, at) => {
      const isLast = at === branches.length - 1
      return treeLines(branch).map((line, n) => `${n === 0 ? (isLast ? '└─ ' : '├─ ') : isLast ? '   ' : '│  '}${line}`)
    }),
  ]
}
