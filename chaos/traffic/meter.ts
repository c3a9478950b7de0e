import { percentile } from '../../shopper/http.ts'
import type { SecondRecord, TrafficTotals } from '../record.ts'
import { answersOf, finalAnswer, type History, needsNoRepeat, type Operation, type Send } from './history.ts'

type Second = { decided: number; others: number; failures: number; tookMs: number[] }

export type Meter = ReturnType<typeof createMeter>

/** Counts what happens in each second of the run. */
export function createMeter(history: Pick<History, 'operations' | 'nowMs'>) {
  const seconds: Second[] = []
  const decided = new Set<number>()

  function second(atMs: number): Second {
    const place = Math.floor(atMs / 1_000)
    while (seconds.length <= place) seconds.push({ decided: 0, others: 0, failures: 0, tookMs: [] })
    return seconds[place] as Second
  }

  return {
    sent(operation: Operation, { heard, lost }: Send): void {
      const atMs = history.nowMs()
      const now = second(atMs)
      if (operation.kind !== 'checkout' || operation.conflictsWith !== undefined) now.others++
      if (lost === undefined ? (heard?.status ?? 0) >= 500 : lost !== 'hung up') now.failures++
      const isCheckout = operation.kind === 'checkout' && operation.conflictsWith === undefined
      if (!isCheckout || !heard || !needsNoRepeat(heard) || decided.has(operation.id)) return
      decided.add(operation.id)
      now.decided++
      now.tookMs.push(atMs - (operation.sends[0]?.sentMs ?? atMs))
    },

    decidedCount: () => decided.size,

    /** Of whole seconds, the last first. */
    lately: (count: number): { decided: number; failures: number }[] => {
      const now = Math.floor(history.nowMs() / 1_000)
      second(history.nowMs())
      return seconds.slice(Math.max(0, now - count), now).reverse()
    },

    /** From this moment on, second by second, whole ones only. */
    since: (atMs: number): { decided: number; failures: number }[] =>
      seconds.slice(Math.ceil(atMs / 1_000), Math.floor(history.nowMs() / 1_000)),

    records: (): SecondRecord[] =>
      seconds.map(({ decided, others, failures, tookMs }, place) => ({
        atMs: place * 1_000,
        checkoutsDecided: decided,
        otherRequests: others,
        failures,
        p50Ms: tookMs.length === 0 ? null : percentile(tookMs, 50),
        p95Ms: tookMs.length === 0 ? null : percentile(tookMs, 95),
      })),

    totals: (): TrafficTotals => totalsOf(history.operations),
  }
}

function totalsOf(operations: readonly Operation[]): TrafficTotals {
  const checkouts = operations.filter(({ kind, conflictsWith }) => kind === 'checkout' && conflictsWith === undefined)
  const troubled: Record<string, number> = {}
  const totals: TrafficTotals = {
    checkouts: checkouts.length,
    outcomes: {},
    troubled,
    requests: 0,
    repeats: 0,
    unheard: {},
    slowestCheckoutMs: 0,
  }
  const count = (counts: Record<string, number>, name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  for (const { sends } of operations) {
    totals.requests += sends.length
    totals.repeats += Math.max(0, sends.length - 1)
    for (const { lost, heard } of sends) {
      if (lost !== undefined) count(totals.unheard, lost)
      if (heard && heard.status >= 500) count(troubled, `${heard.status} ${heard.code ?? ''}`.trim())
    }
  }
  for (const checkout of checkouts) {
    const heard = finalAnswer(checkout) ?? answersOf(checkout).find(needsNoRepeat)
    const word = heard?.code ?? heard?.paymentStatus ?? ''
    count(totals.outcomes, heard ? `${heard.status} ${word}`.trim() : 'undecided')
    const done = checkout.sends.find(({ heard }) => heard && needsNoRepeat(heard))
    const tookMs = (done?.heardMs ?? 0) - (checkout.sends[0]?.sentMs ?? 0)
    totals.slowestCheckoutMs = Math.max(totals.slowestCheckoutMs, tookMs)
  }
  return totals
}
