import { beforeAll, expect, test, vi } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { openWorkflowHost } from '../../sim/engine/workflow-host.ts'
import { openPostgres } from '../../sim/postgres.ts'
import { Scheduler } from '../../sim/scheduler.ts'
import { type Machinery, runWorld } from '../../sim/world.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

let machinery: Machinery

beforeAll(async () => {
  const activityNames = Object.keys(createActivities({} as never))
  const [host, postgres] = await Promise.all([openWorkflowHost(activityNames), openPostgres()])
  machinery = { host, postgres }
})

test('a seed tells the same story every time, whatever was told before it and however much later', async () => {
  const first = await runWorld(machinery, 5, 30)
  const other = await runWorld(machinery, 6, 30)
  // Each world begins three months after the one before: a century.
  for (let worlds = 0; worlds < 400; worlds++) new Scheduler(worlds)
  const again = await runWorld(machinery, 5, 30)
  expect(again.trace.join('\n')).toBe(first.trace.join('\n'))
  expect(again.hash).toBe(first.hash)
  expect(other.hash).not.toBe(first.hash)
})

test('four hundred checkouts and what follows them end in order in bad weather, and the weather was bad', async () => {
  const counts = new Map<string, number>()
  for (let seed = 101; seed <= 104; seed++) {
    const { violations, counts: each } = await runWorld(machinery, seed, 100)
    expect(violations).toEqual([])
    for (const [what, times] of each) counts.set(what, (counts.get(what) ?? 0) + times)
  }
  const troubles = ['process killed', 'gateway answer lost', 'statement ran, answer lost', 'workflow replayed']
  const acts = ['order delivered', 'refund approved', 'return approved', 'payment disputed']
  for (const trouble of [...troubles, ...acts.map((act) => `amid the troubles: ${act}`)])
    expect(counts.get(trouble) ?? 0, trouble).toBeGreaterThan(0)
})
