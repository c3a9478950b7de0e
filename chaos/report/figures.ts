import type { FaultRecord, RunRecord } from '../record.ts'

/** What a run comes to, as numbers: the page only has to lay them out. */
export type Figures = {
  checkouts: number
  faultsDone: number
  violations: number
  brokenChecks: number
  skippedChecks: number
  heldChecks: number
  recovery: { medianMs: number; worstMs: number; worst: FaultRecord } | undefined
  outcomes: { name: string; count: number; share: number }[]
}

export type FaultSummary = {
  name: string
  kind: string
  expectation: string
  times: number
  failed: number
  medianMs: number | undefined
  worstMs: number | undefined
  /** Those that the end of the traffic overtook. */
  unmeasured: number
}

export function figuresOf({ traffic, faults, checks }: RunRecord): Figures {
  const broken = checks.filter((check) => check.violations.length > 0)
  const skipped = checks.filter((check) => check.skipped !== undefined && check.violations.length === 0)
  const worst = faults.filter(isMeasured).toSorted((a, b) => b.recoveryMs - a.recoveryMs)[0]
  const outcomes = Object.entries(traffic.outcomes).toSorted(([, a], [, b]) => b - a)
  const decided = outcomes.reduce((sum, [, count]) => sum + count, 0)
  return {
    checkouts: traffic.checkouts,
    faultsDone: faults.filter(({ failure }) => failure === undefined).length,
    violations: broken.reduce((sum, { violations }) => sum + violations.length, 0),
    brokenChecks: broken.length,
    skippedChecks: skipped.length,
    heldChecks: checks.length - broken.length - skipped.length,
    recovery: worst && { medianMs: medianOf(recoveriesOf(faults)) ?? 0, worstMs: worst.recoveryMs, worst },
    outcomes: outcomes.map(([name, count]) => ({ name, count, share: count / Math.max(decided, 1) })),
  }
}

/** One row for each name, the slowest to recover from first. */
export function summarize(faults: readonly FaultRecord[]): FaultSummary[] {
  const byName = Map.groupBy(faults, ({ name }) => name)
  const rows = [...byName.values()].map((same) => {
    const [{ name, kind, expectation }] = same as [FaultRecord]
    const done = same.filter(({ failure }) => failure === undefined)
    const recoveries = recoveriesOf(done)
    return {
      name,
      kind,
      expectation,
      times: done.length,
      failed: same.length - done.length,
      medianMs: medianOf(recoveries),
      worstMs: recoveries.at(-1),
      unmeasured: done.length - recoveries.length,
    }
  })
  return rows.toSorted((a, b) => (b.worstMs ?? -1) - (a.worstMs ?? -1) || a.name.localeCompare(b.name))
}

type Measured = FaultRecord & { recoveryMs: number }

const isMeasured = (fault: FaultRecord): fault is Measured => fault.failure === undefined && fault.recoveryMs !== null

const recoveriesOf = (faults: readonly FaultRecord[]): number[] =>
  faults
    .filter(isMeasured)
    .map(({ recoveryMs }) => recoveryMs)
    .toSorted((a, b) => a - b)

function medianOf(sorted: readonly number[]): number | undefined {
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)]
  const lower = sorted[Math.ceil(middle) - 1]
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2
}
