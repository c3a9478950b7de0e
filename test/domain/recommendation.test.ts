import { describe, expect, test } from 'vitest'
import { type Baskets, basketsOf, scatter } from '../../domain/recommendation/baskets.ts'
import { leaveOneOut, nextBaskets, wholeHistories, withoutLast } from '../../domain/recommendation/cases.ts'
import { chooseForBaskets, scorerOf } from '../../domain/recommendation/choosing.ts'
import { collecting } from '../../domain/recommendation/collecting.ts'
import { bestOf, measure } from '../../domain/recommendation/measuring.ts'
import { trainRidge } from '../../domain/recommendation/ridge.ts'
import { trainModel } from '../../domain/recommendation/scoring.ts'
import { invertInPlace } from '../../domain/recommendation/symmetric-inverse.ts'
import { trainShop } from '../../domain/recommendation/training.ts'

describe('the arithmetic is right', () => {
  test.each([1, 2, 5, 63, 64, 65, 131])('a matrix of %i times its inverse is one', (n) => {
    const full = symmetric(n)
    const lower = full.slice()
    invertInPlace(lower, n)
    const at = (i: number, j: number) => lower[i >= j ? i * n + j : j * n + i] as number
    for (let i = 0; i < n; i += 3)
      for (let j = 0; j < n; j += 5) {
        let sum = 0
        for (let k = 0; k < n; k++) sum += (full[i * n + k] as number) * at(k, j)
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 9)
      }
  })

  test('each product is explained by all the others and a constant, as least squares with a ridge would', () => {
    const lists = [[0, 1], [0, 1, 2], [2, 3], [1, 2], [0], [0, 1, 3], [3]]
    const { head, headItems, intercept } = trainRidge(basketsOf(lists, 4), { penalty: 2, dropout: 0 })
    const places = [0, 1, 2, 3].map((item) => headItems.indexOf(item))
    const known = [0, 1, 3]
    const wanted = 2
    const columns = [...known, 'constant' as const]
    const value = (list: number[], column: number | 'constant') =>
      column === 'constant' || list.includes(column) ? 1 : 0
    const normal = columns.map((a) =>
      columns.map(
        (b) =>
          lists.reduce((sum, list) => sum + value(list, a) * value(list, b), 0) +
          (a === b ? (a === 'constant' ? 1 : 2) : 0),
      ),
    )
    const right = columns.map((a) => lists.reduce((sum, list) => sum + value(list, a) * value(list, wanted), 0))
    const solution = solve(normal, right)
    known.forEach((item, n) =>
      expect(head[(places[item] as number) * 4 + (places[wanted] as number)]).toBeCloseTo(solution[n] as number, 5),
    )
    expect(intercept[wanted]).toBeCloseTo(solution[3] as number, 5)
  })

  test('a product beyond the head is explained by what it was bought with, and no more than those of the head', () => {
    const baskets = basketsOf(
      [
        [0, 1],
        [0, 1],
        [0, 2],
        [0, 2],
        [1, 0],
        [3, 0],
        [3, 0],
      ],
      4,
    )
    const { head, headItems, tail } = trainRidge(baskets, { penalty: 1, dropout: 0 }, 2)
    expect([...headItems]).toEqual([0, 1])
    const ofThree = tail?.items.subarray(tail.offsets[3], tail.offsets[4])
    expect([...(ofThree ?? [])]).toEqual([0])
    // Of the head, 0 explains 1 by 3/8 alone, and 1 explains 0 by 3/4.
    const [ofZero, ofOne] = [head[1] as number, head[2] as number]
    const scale = ((3 / 8) * ofZero + (3 / 4) * ofOne) / ((3 / 8) ** 2 + (3 / 4) ** 2)
    expect(tail?.weights[tail.offsets[3] as number]).toBeCloseTo((scale > 0 ? scale : 1) * (2 / 3), 6)
  })
})

describe('what is asked is never known', () => {
  const collected = collecting()
  for (const [user, item, week] of [
    ['ada', 'tea', 2],
    ['ada', 'milk', 1],
    ['ada', 'tea', 1],
    ['ada', 'jam', 3],
    ['bob', 'jam', 5],
    ['ada', 'tea', 2],
  ] as const)
    collected.add(user, item, week)
  const histories = collected.histories()
  const names = collected.itemNames()
  const words = (items: ArrayLike<number>) => Array.from(items, (item) => names[item]).sort()

  test('a history is in the order of time, whatever the order of its lines', () => {
    const [asked] = nextBaskets(histories, { back: 1, decay: 0.5, most: 10 })
    expect(words(asked?.came ?? [])).toEqual(['jam'])
    expect(words(asked?.evidence.items ?? [])).toEqual(['milk', 'tea'])
    const tea = Array.from(asked?.evidence.items ?? []).findIndex((item) => names[item] === 'tea')
    expect([asked?.evidence.weights[tea], asked?.own.weights[tea]]).toEqual([1, 1])
    expect(asked?.own.weights[1 - tea]).toBeCloseTo(1 / 3, 9)
  })

  test('who came once is learnt from and not asked', () => {
    expect(nextBaskets(histories, { back: 1, decay: 1, most: 10 })).toHaveLength(1)
    const known = withoutLast(histories, 1)
    expect(words(known.baskets.items)).toEqual(['jam', 'milk', 'tea', 'tea'])
    expect([...wholeHistories(known).offsets]).toEqual([0, 2, 3])
  })

  test('each thing is left out of its basket once, and a basket counts as one', () => {
    const cases = leaveOneOut(basketsOf([[0, 1, 2], [3]], 4), 10)
    expect(cases.map(({ came, evidence }) => [came, [...(evidence.items as Int32Array)]])).toEqual([
      [[0], [1, 2]],
      [[1], [0, 2]],
      [[2], [0, 1]],
    ])
    expect(cases.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9)
  })
})

test('among equals, what sells more comes first', () => {
  const scores = Float64Array.of(1, 5, 1, -Infinity, 1)
  expect(bestOf(scores, Float64Array.of(1, 0, 3, 9, 1), 4)).toEqual([1, 2, 0, 4])
  expect(bestOf(scores, Float64Array.of(1, 0, 3, 9, 1), 2)).toEqual([1, 2])
})

describe('what is chosen holds on baskets it has not seen', () => {
  test('where things belong together, it finds them and popularity does not', () => {
    const { ours, popularity } = figuresOn(planted(600, 40))
    expect(ours.hitRate).toBeGreaterThan(0.8)
    expect(popularity.hitRate).toBeLessThan(0.5)
  })

  test('where nothing belongs together, it does about as well as popularity', () => {
    const { ours, popularity } = figuresOn(
      basketsOf(
        lists(400, (n) => [draw(n), draw(n + 7_000), draw(n + 9_000)]),
        60,
      ),
    )
    expect(ours.hitRate).toBeGreaterThan(popularity.hitRate - 0.05)
  })
})

test('a shop learns what goes together, what sells where, and how well it did', () => {
  const collected = collecting()
  for (let user = 0; user < 60; user++)
    for (let week = 0; week < 3; week++) {
      const pair = scatter(user * 3 + week) % 8
      collected.add(`u${user}`, `p${pair * 2}`, week)
      collected.add(`u${user}`, `p${pair * 2 + 1}`, week)
    }
  const names = collected.itemNames()
  const segments = collected.userNames().map((_, user) => (user % 2 === 0 ? ['location:oslo'] : []))
  const trained = trainShop({
    histories: collected.histories(),
    segments,
    categories: names.map((_, item) => (item % 2 === 0 ? ['things'] : ['things', 'things/small'])),
  })
  for (let item = 0; item < names.length; item += 3) {
    const best = names[trained.related[item]?.items[0] ?? -1]
    expect([names[item], best]).toEqual([names[item], `p${Number(names[item]?.slice(1)) ^ 1}`])
  }
  expect(trained.popular.map(({ segment }) => segment)).toEqual([
    'all',
    'category:things',
    'category:things/small',
    'location:oslo',
  ])
  const sold = (wanted: string) => trained.popular.find(({ segment }) => segment === wanted)?.ranking.items
  expect(sold('category:things'), 'who likes a category likes what is below it').toEqual(sold('all'))
  expect(sold('category:things/small')).toEqual(sold('all')?.filter((item) => item % 2 === 1))
  expect(trained.figures).toMatchObject({ protocol: 'next_basket', cases: 60 })
})

function figuresOn(baskets: Baskets) {
  const known = basketsOf(Array.from(pick(baskets, (n) => n % 4 !== 0)), baskets.itemCount)
  const cases = leaveOneOut(basketsOf(Array.from(pick(baskets, (n) => n % 4 === 0)), baskets.itemCount), 1_000)
  const choice = chooseForBaskets(known)
  const model = trainModel(known, choice)
  return {
    ours: measure(cases, scorerOf(model, choice.blend), model.counts),
    popularity: measure(cases, () => {}, model.counts),
  }
}

function* pick({ offsets, items }: Baskets, isWanted: (n: number) => boolean) {
  for (let n = 0; n < offsets.length - 1; n++) if (isWanted(n)) yield items.subarray(offsets[n], offsets[n + 1])
}

const lists = (count: number, make: (n: number) => number[]) => Array.from({ length: count }, (_, n) => make(n))

/** Items from 0 to 59, low ones more often. */
const draw = (n: number): number => Math.floor(60 * (scatter(n) / 2 ** 32) ** 2)

/** Pairs that are always bought together, and one thing of anybody's taste. */
const planted = (count: number, items: number) =>
  basketsOf(
    lists(count, (n) => {
      const pair = scatter(n) % (items / 2)
      return [pair * 2, pair * 2 + 1]
    }),
    items,
  )

function symmetric(n: number): Float64Array {
  const matrix = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const value = i === j ? n + 1 : (scatter(i * n + j) % 100) / 100
      matrix[i * n + j] = value
      matrix[j * n + i] = value
    }
  return matrix
}

/** Gauss, for a handful of unknowns. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, n) => [...row, right[n] as number])
  rows.forEach((pivot, k) => {
    const scale = pivot[k] as number
    pivot.forEach((value, at) => (pivot[at] = value / scale))
    for (const row of rows) {
      if (row === pivot) continue
      const factor = row[k] as number
      row.forEach((value, at) => (row[at] = value - factor * (pivot[at] as number)))
    }
  })
  return rows.map((row) => row.at(-1) as number)
}
