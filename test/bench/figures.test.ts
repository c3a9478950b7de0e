import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closedLoop, steadyRate } from '../../bench/closed-loop.ts'
import { against, changeSince, plain } from '../../bench/figures.ts'
import { grown } from '../../bench/growth.ts'
import { earlierRuns, figureBefore, keep, type Run } from '../../bench/results.ts'
import { interleaved, median } from '../../bench/rounds.ts'
import { tableOf } from '../../bench/table.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const rate = (value: number, floor = 100) => against({ name: 'checkouts', unit: '/s', goal: 0.7, value, floor })
const latency = (value: number, floor = 10) => against({ name: 'latency', unit: 'ms', goal: 1.5, value, floor })

test('a rate meets its goal from below its floor, a latency from above: the ratio is value / floor for both', () => {
  expect([rate(70), rate(69)].map(({ ratio, met }) => [ratio, met])).toEqual([
    [0.7, true],
    [0.69, false],
  ])
  expect([latency(15), latency(16)].map(({ ratio, met }) => [ratio, met])).toEqual([
    [1.5, true],
    [1.6, false],
  ])
})

test('what could not be measured is no figure', () => {
  expect(() => rate(10, 0)).toThrow('is no figure')
  expect(() => plain('memory', Number.NaN, 'MB')).toThrow('is no figure')
  expect(() => median([])).toThrow('Nothing was measured')
})

test('a change is told as better or worse, whatever the direction, by the ratio where there is one', () => {
  expect(changeSince(rate(50), rate(75))).toBeCloseTo(0.5)
  expect(changeSince(rate(50), rate(100, 200))).toBeCloseTo(0) // a faster machine is no better shop
  expect(changeSince(latency(20), latency(10))).toBeCloseTo(1)
  expect(changeSince(plain('memory', 400, 'MB'), plain('memory', 500, 'MB'))).toBeCloseTo(-0.2)
  expect(changeSince(undefined, rate(50))).toBeUndefined()
})

test('growth is told against the empty shop, with the machine of the moment taken out', () => {
  // Half as fast machine, same shop: nothing grew.
  expect(grown(rate(50, 100), rate(25, 50), 'much stored')).toMatchObject({ floor: 25, ratio: 1, met: true })
  expect(grown(rate(50, 100), rate(35, 100), 'much stored')).toMatchObject({ ratio: 0.7, met: false })
  expect(grown(latency(15), latency(19), 'much stored')).toMatchObject({ ratio: 1.267, goal: 1.3, met: true })
  expect(grown(latency(15), latency(21), 'much stored')).toMatchObject({ ratio: 1.4, met: false })
})

test('latest.json has the shape of the contract, and a later run finds each figure where it was last measured', () => {
  const run = (date: string, figures: Run['figures']): Run => ({
    date,
    commit: 'abc',
    machine: 'm',
    options: '',
    figures,
  })
  keep(run('2026-01-01T10:00:00.000Z', [rate(50), latency(20)]), [], folder)
  keep(run('2026-01-01T11:00:00.000Z', [rate(60)]), earlierRuns(folder), folder)
  const runs = earlierRuns(folder)
  expect(runs.map(({ date }) => date)).toEqual(['2026-01-01T11:00:00.000Z', '2026-01-01T10:00:00.000Z'])
  expect(figureBefore(runs)('checkouts')?.value).toBe(60)
  expect(figureBefore(runs)('latency')?.value).toBe(20)
  expect(runs[0]).toMatchObject({ comparedWith: { date: '2026-01-01T10:00:00.000Z' }, figures: [{ change: 0.2 }] })
  expect(readdirSync(folder)).toHaveLength(3)
  expect(JSON.parse(readFileSync(join(folder, 'latest.json'), 'utf8'))).toEqual([
    { name: 'checkouts', value: 60, unit: '/s', floor: 100, ratio: 0.6, goal: 0.7, met: false },
  ])
  const table = tableOf([rate(75)], figureBefore(runs))
  expect(table).toMatch(/checkouts.*75 \/s.*100 \/s.*0\.75.*≥ 0\.7.*✓.*25 % better/)
})

test('a rate is that of the steady state: the first answers and those after the end do not count', () => {
  // Two callers: a slow first answer each, then one answer every 100 ms.
  expect(steadyRate([1_000, 1_000, 1_100, 1_200, 1_300, 1_400, 1_500, 1_900], 2, 1_500)).toBeCloseTo(10)
  expect(() => steadyRate([1_000, 1_100], 2, 1_500)).toThrow('too short')
})

test('a closed loop never has more under way than callers, and fails when an answer is not what was asked for', async () => {
  let [underWay, most] = [0, 0]
  const round = await closedLoop({
    atOnce: 3,
    durationMs: 50,
    once: async () => {
      most = Math.max(most, ++underWay)
      await new Promise(setImmediate)
      underWay--
    },
  })
  expect(most).toBe(3)
  expect(round.completed).toBe(round.latenciesMs.length)
  const failing = closedLoop({ atOnce: 1, durationMs: 50, once: () => Promise.reject(new Error('500')) })
  await expect(failing).rejects.toThrow('500')
})

test('a round that is too slow for its time goes on until there is a rate to tell', async () => {
  const once = () => new Promise<void>((resolve) => setTimeout(resolve, 20))
  const round = await closedLoop({ atOnce: 2, durationMs: 1, once })
  expect(round.completed).toBeGreaterThanOrEqual(6)
  expect(round.perSecond).toBeGreaterThan(0)
})

test('floor and product take turns, and each is first as often', async () => {
  const turns: string[] = []
  const turn = (who: string) => async () => void turns.push(who)
  await interleaved(2, { floor: turn('floor'), product: turn('product') })
  expect(turns).toEqual(['floor', 'product', 'product', 'floor'])
})
