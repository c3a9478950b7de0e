import Table from 'cli-table3'
import { percentile } from '../shopper/http.ts'
import { screenOf } from '../stack/progress.ts'
import { describePlan } from './plan.ts'
import type { CheckRecord, FaultRecord } from './record.ts'
import type { SuiteResult, Teller } from './suite.ts'

const VIOLATIONS_SHOWN = 8

/** Tells a person how it goes: one live line on a terminal, now and then a line elsewhere. */
export function createTeller(out: NodeJS.WriteStream): Teller {
  const { onLine, onStatus } = screenOf(out)
  return {
    onLine,
    onDoing: onStatus,
    onPlan(plan, unavailable) {
      for (const { name, why } of unavailable) onLine(`- without ${name}: ${why}`)
      onLine(`plan: ${describePlan(plan) || 'no fault'}`)
    },
    onFault(record, phase, atMs) {
      if (phase === 'injected') return onLine(`${seconds(atMs).padStart(8)}  ${record.what}`)
      if (record.failure) return onLine(`${seconds(atMs).padStart(8)}  ! ${record.name}: ${record.failure}`)
      const recovery =
        record.recoveryMs === null ? 'not yet normal' : `normal again after ${seconds(record.recoveryMs)}`
      onLine(
        `${seconds(atMs).padStart(8)}    ${record.name} lasted ${seconds(record.healedMs - record.injectedMs)}, ${recovery}`,
      )
    },
    onTraffic({ meter, history, begun }, fault) {
      const lately = meter.lately(3)
      const rate = lately.reduce((sum, { decided }) => sum + decided, 0) / Math.max(1, lately.length)
      const failures = lately.reduce((sum, second) => sum + second.failures, 0)
      onStatus(
        `${seconds(history.nowMs()).padStart(8)}  ${meter.decidedCount()} of ${begun()} checkouts decided, ${rate.toFixed(1)}/s, ${failures} failures lately${fault ? `, ${fault}` : ''}`,
      )
    },
  }
}

type Written = { files: string[]; again: string }

/** What is left to say when all is over: faults, checks, the result, and how to see it once more. */
export function summary({ record, isSound }: SuiteResult, { files, again }: Written): string {
  const { traffic, checks, quietMs, faults } = record
  const broken = checks.filter(({ violations }) => violations.length > 0)
  return [
    '',
    recoveries(faults),
    '',
    `${traffic.checkouts} checkouts: ${counted(traffic.outcomes)}`,
    `${traffic.requests} requests, ${traffic.repeats} of them repeats; unheard: ${counted(traffic.unheard)}; troubled: ${counted(traffic.troubled ?? {})}; the slowest checkout took ${seconds(traffic.slowestCheckoutMs)}; at rest ${seconds(quietMs)} after the traffic`,
    '',
    checksTable(checks),
    ...broken.flatMap(details),
    '',
    isSound
      ? `${traffic.checkouts} checkouts, ${faults.length} faults, ${checks.length} checks: every promise was kept.`
      : `${broken.length} of ${checks.length} promises were broken. Once more: ${again}`,
    files.join('\n'),
  ].join('\n')
}

const counted = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} x ${name}`)
    .join(', ') || 'none'

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

function recoveries(faults: readonly FaultRecord[]): string {
  const table = new Table({
    head: ['fault', 'times', 'normal again: median', 'longest', 'never seen'],
    style: { head: [], border: [], compact: true },
  })
  for (const [name, those = []] of Object.entries(Object.groupBy(faults, (fault) => fault.name)).sort(byName)) {
    const times = those.flatMap(({ recoveryMs }) => recoveryMs ?? [])
    table.push([
      name,
      those.length,
      times.length > 0 ? seconds(percentile(times, 50)) : '-',
      times.length > 0 ? seconds(Math.max(...times)) : '-',
      those.length - times.length,
    ])
  }
  return table.toString()
}

function checksTable(checks: readonly CheckRecord[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks
    .map(({ name, promise, violations, skipped }) => {
      const mark = skipped ? '-' : violations.length > 0 ? '✗' : '✓'
      return `${mark} ${name.padEnd(width)}  ${skipped ? `not checked: ${skipped}` : promise}`
    })
    .join('\n')
}

function details({ name, violations }: CheckRecord): string[] {
  const shown = violations.slice(0, VIOLATIONS_SHOWN).map(({ subject, detail }) => `    ${subject}: ${detail}`)
  const left = violations.length - shown.length
  return [`✗ ${name}`, ...shown, ...(left > 0 ? [`    and ${left} more`] : [])]
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
