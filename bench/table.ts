import Table from 'cli-table3'
import { changeSince, type Figure, isHigherBetter } from './figures.ts'

/** The figures for a person, with what became of each since the last run that had it. */
export function tableOf(figures: readonly Figure[], before: (name: string) => Figure | undefined): string {
  const table = new Table({
    head: ['', 'value', 'floor', 'ratio', 'goal', '', 'since last'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const figure of figures)
    table.push([
      figure.name,
      `${amount(figure.value)} ${figure.unit}`,
      figure.floor === null ? '' : `${amount(figure.floor)} ${figure.unit}`,
      figure.ratio === null ? '' : figure.ratio.toFixed(2),
      figure.goal === null ? '' : `${isHigherBetter(figure) ? '≥' : '≤'} ${figure.goal}`,
      figure.met === null ? '' : figure.met ? '✓' : '✗',
      change(changeSince(before(figure.name), figure)),
    ])
  return table.toString()
}

const amount = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value >= 100 ? 0 : value >= 10 ? 1 : 2 })

function change(share: number | undefined): string {
  if (share === undefined) return ''
  const of100 = Math.round(share * 100)
  return of100 === 0 ? 'same' : `${Math.abs(of100)} % ${of100 > 0 ? 'better' : 'worse'}`
}
