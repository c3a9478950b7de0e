import { expect, test } from 'vitest'
import { makePlan } from '../../chaos/plan.ts'
import { randomOf } from '../../chaos/random.ts'
import { normalPerSecond, secondsUntilNormal } from '../../chaos/recovery.ts'

const known = [
  { name: 'kill-api', kind: 'process', weight: 2 },
  { name: 'kill-postgres', kind: 'process' },
  { name: 'cut-redis', kind: 'network', weight: 0.5 },
  { name: 'disk-full', kind: 'storage' },
] as const

const namesOf = (plan: ReturnType<typeof makePlan>) => plan.flatMap(({ faults }) => faults.map(({ name }) => name))

test('a seed makes the same plan again, and another seed another one', () => {
  expect(makePlan(7, known, 50)).toEqual(makePlan(7, known, 50))
  expect(makePlan(8, known, 50)).not.toEqual(makePlan(7, known, 50))
})

test('a longer plan with the same seed draws each fault the same luck', () => {
  const short = makePlan(7, known, 10)
  const long = makePlan(7, known, 12)
  expect(long.slice(0, short.length - 1)).toEqual(short.slice(0, -1))
})

test('a plan has as many faults as were asked for, and in the long run none is left out', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const names = namesOf(makePlan(seed, known, 60))
    expect(names).toHaveLength(60)
    expect(new Set(names)).toEqual(new Set(known.map(({ name }) => name)))
  }
})

test('about a fifth of the steps overlap two faults, always of different kinds', () => {
  const kindOf = new Map<string, string>(known.map(({ name, kind }) => [name, kind]))
  const plans = Array.from({ length: 20 }, (_, seed) => makePlan(seed, known, 100)).flat()
  const pairs = plans.filter(({ faults }) => faults.length === 2)
  for (const { faults } of pairs) expect(kindOf.get(faults[0]?.name ?? '')).not.toBe(kindOf.get(faults[1]?.name ?? ''))
  expect(pairs.length / plans.length).toBeGreaterThan(0.12)
  expect(pairs.length / plans.length).toBeLessThan(0.28)
})

test('what one draws from its luck does not move what another draws', () => {
  const alone = randomOf(1, 'visit', 5).next()
  randomOf(1, 'visit', 4).next()
  expect(randomOf(1, 'visit', 5).next()).toBe(alone)
  expect(randomOf(1, 'visit', 6).next()).not.toBe(alone)
})

test('nothing to break is a plan without steps, and weights of nothing are a mistake', () => {
  expect(makePlan(1, [], 5)).toEqual([])
  expect(() => makePlan(1, [{ name: 'never', kind: 'clock', weight: 0 }], 5)).toThrow('weights')
})

const seconds = (...decided: number[]) => decided.map((count) => ({ decided: count, failures: 0 }))

test('the shop is normal again from the first three good seconds in a row', () => {
  const normal = normalPerSecond(seconds(9, 10, 11, 10, 10))
  expect(normal).toBe(10)
  expect(secondsUntilNormal(seconds(0, 2, 8, 8, 9, 10), normal)).toBe(2)
  expect(secondsUntilNormal(seconds(10, 10, 10), normal)).toBe(0)
})

test('seconds with failures are not normal, however many checkouts they bring', () => {
  const failing = [{ decided: 10, failures: 1 }, ...seconds(10, 10)]
  expect(secondsUntilNormal(failing, 10)).toBeUndefined()
  expect(secondsUntilNormal([...failing, ...seconds(10)], 10)).toBe(1)
  expect(normalPerSecond([{ decided: 1, failures: 5 }, ...seconds(10, 10)])).toBe(10)
})
