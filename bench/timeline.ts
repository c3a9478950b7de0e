import Table from 'cli-table3'
import { startHelper } from './helper-process.ts'
import type { AfterwardsTask } from './load/afterwards.ts'
import { median } from './rounds.ts'
import type { Stage } from './stage.ts'

export type Span = { name: string; fromMs: number; toMs: number }
export type Spans = { requests: Span[]; steps: Span[] }

/** One thing that requests of a kind do, medians over them; `waitedMs`: since the one before it ended. */
export type Step = { name: string; atMs: number; waitedMs: number; tookMs: number }
export type Timeline = { count: number; tookMs: number; steps: Step[] }

const shown = {
  refund: ['POST /v1/orders', 'POST /v1/orders/:id/refunds'],
  return: ['POST /v1/orders/:id/returns'],
  'order of units': ['POST /v1/replenishments'],
} as const satisfies Partial<Record<AfterwardsTask['asked'], string[]>>

/** What requests of one caller do, one after the other, and how long nothing of ours is asked in between: that is the engine's. */
export async function showTimelines({ running, jwtSecret, plan, probe, quiet, say }: Stage): Promise<[]> {
  const helper = await startHelper<AfterwardsTask, number[]>('load/afterwards.ts', {
    api: running.stack.api,
    jwtSecret,
  })
  try {
    for (const [asked, requests] of Object.entries(shown) as [keyof typeof shown, readonly string[]][]) {
      await helper.ask({ asked, atOnce: 1, durationMs: plan.warmUpMs })
      await quiet()
      await probe.startSpans()
      await helper.ask({ asked, atOnce: 1, durationMs: plan.rounds * plan.roundMs })
      const spans = await probe.takeSpans()
      for (const request of requests) say(`\n${request}\n${timelineTable(timelineOf(spans, request))}`)
    }
    return []
  } finally {
    await helper.end()
  }
}

/** Only what at least three of four requests do. What others do at that moment, a notice for instance, is not told apart. */
export function timelineOf({ requests, steps }: Spans, name: string): Timeline {
  const ours = requests.filter((request) => request.name === name)
  const seen = new Map<string, Omit<Step, 'waitedMs'>[]>()
  for (const { fromMs, toMs } of ours) {
    const times = new Map<string, number>()
    for (const step of steps.filter((each) => each.fromMs >= fromMs && each.fromMs <= toMs)) {
      const nth = (times.get(step.name) ?? 0) + 1
      times.set(step.name, nth)
      const key = `${step.name} ${nth}`
      const measured = { name: step.name, atMs: step.fromMs - fromMs, tookMs: step.toMs - step.fromMs }
      seen.set(key, [...(seen.get(key) ?? []), measured])
    }
  }
  const usual = [...seen.values()]
    .filter((each) => each.length >= ours.length * 0.75)
    .map((each) => ({
      name: each[0]?.name ?? '',
      atMs: median(each.map(({ atMs }) => atMs)),
      tookMs: median(each.map(({ tookMs }) => tookMs)),
    }))
    .sort((a, b) => a.atMs - b.atMs)
  let endMs = 0
  const inOrder = usual.map((step) => {
    const waitedMs = Math.max(0, step.atMs - endMs)
    endMs = Math.max(endMs, step.atMs + step.tookMs)
    return { ...step, waitedMs }
  })
  return { count: ours.length, tookMs: median(ours.map(({ fromMs, toMs }) => toMs - fromMs)), steps: inOrder }
}

function timelineTable({ count, tookMs, steps }: Timeline): string {
  const table = new Table({
    head: ['', 'at', 'waited before', 'took'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  const ms = (value: number) => `${value.toFixed(1)} ms`
  for (const step of steps) table.push([step.name, ms(step.atMs), ms(step.waitedMs), ms(step.tookMs)])
  table.push([`answered (median of ${count})`, ms(tookMs), '', ''])
  return table.toString()
}
