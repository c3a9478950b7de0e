import Table from 'cli-table3'
import type { WorldResult } from './world.ts'

type Progress = { world: number; worlds: number; done: number; checkouts: number; elapsedMs: number; steps: number }

/** One line that follows the run; where nobody looks on, one now and then. */
export function statusLine({ world, worlds, done, checkouts, elapsedMs, steps }: Progress): void {
  const perMinute = Math.round((done / elapsedMs) * 60_000)
  const line = `seed ${world}: ${done} of ${checkouts} checkouts in ${worlds} worlds, ${perMinute} a minute, ${steps} events`
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`)
  else if (worlds % 10 === 0 || done === checkouts) process.stdout.write(`${line}\n`)
}

/** How often each kind of trouble occurred: what never did was not tested. */
export function coverageTable(counts: ReadonlyMap<string, number>): string {
  const table = new Table({
    head: ['what happened', 'times'],
    colAligns: ['left', 'right'],
    style: { head: [], border: [] },
  })
  for (const [what, times] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) table.push([what, times])
  return table.toString()
}

const MOST_LINES = 40

/** What broke, what led to it, and how to see it again. */
export function story({ seed, checkouts, violations, trace }: WorldResult): string {
  const [first] = violations
  const at = trace.findIndex((line) => line.includes('VIOLATION'))
  const subject = /(\w+#\d+)/.exec(trace[at]?.split('VIOLATION')[1] ?? '')?.[1]
  const before = trace.slice(0, at)
  const ofSubject = subject ? before.filter((line) => new RegExp(`${subject}\\b`).test(line)) : []
  return [
    `${violations.length} ${violations.length === 1 ? 'violation' : 'violations'} in the world of seed ${seed}:`,
    ...violations.slice(0, 10).map(({ what, subject: who }) => `  ${who}: ${what}`),
    '',
    ...(ofSubject.length > 0 ? [`What happened to ${subject}:`, ...ofSubject.slice(-MOST_LINES), ''] : []),
    `The last events before ${first?.subject}:`,
    ...before.slice(-MOST_LINES),
    '',
    `Again: npm run sim -- --seed ${seed} --checkouts ${checkouts} --per-world ${checkouts} --trace`,
  ].join('\n')
}
