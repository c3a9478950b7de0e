import type { InvariantResult } from '../store/invariants.ts'

const FIRST = 10

/** A line for each promise, the violators under the broken ones, and the sum of it at the end. */
export function report(
  results: readonly InvariantResult[],
  options: { all: boolean; columns?: number | undefined },
): string {
  const nameWidth = Math.max(...results.map(({ name }) => name.length))
  // A terminal gets one line each; a file or another program gets all of it.
  const promiseWidth = Math.max(40, (options.columns ?? Number.POSITIVE_INFINITY) - nameWidth - 4)
  const lines = results.flatMap((result) => [
    `${markOf(result)} ${result.name.padEnd(nameWidth)}  ${cut(result.skipped ? `not checked: ${result.skipped}` : result.promise, promiseWidth)}`,
    ...violatorsOf(result, options.all),
  ])
  return [...lines, '', sumOf(results)].join('\n')
}

const markOf = ({ violations, skipped }: InvariantResult): string => (skipped ? '-' : violations.length > 0 ? '✗' : '✓')

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text)

function violatorsOf({ violations }: InvariantResult, all: boolean): string[] {
  const shown = all ? violations : violations.slice(0, FIRST)
  const lines = shown.map(({ subject, detail }) => `    ${subject}: ${detail}`)
  const left = violations.length - shown.length
  return left > 0 ? [...lines, `    and ${left} more (--all lists them)`] : lines
}

function sumOf(results: readonly InvariantResult[]): string {
  const skipped = results.filter((result) => result.skipped).length
  const broken = results.filter((result) => result.violations.length > 0).length
  const held = results.length - skipped - broken
  const parts = [
    `${held} of ${results.length} invariants hold`,
    ...(broken > 0 ? [`${broken} violated`] : []),
    ...(skipped > 0 ? [`${skipped} not checked`] : []),
  ]
  return `${parts.join(', ')}.`
}
