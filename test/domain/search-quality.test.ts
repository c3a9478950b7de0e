import { expect, test } from 'vitest'
import { ndcg, succeeded } from '../../domain/search-quality.ts'

const judged = new Map([
  ['best', 3],
  ['good', 2],
  ['poor', 0],
])

test('the best possible order is worth 1, none of the relevant ones 0', () => {
  expect(ndcg(['best', 'good', 'poor'], judged)).toBe(1)
  expect(ndcg(['poor', 'unjudged'], judged)).toBe(0)
  expect(ndcg([], judged)).toBe(0)
})

test('a place further down is worth less, by the textbook', () => {
  const gains = (first: number, second: number) => first + second / Math.log2(3)
  expect(ndcg(['good', 'best'], judged)).toBeCloseTo(gains(3, 7) / gains(7, 3), 10)
  expect(ndcg(['unjudged', 'best'], judged)).toBeLessThan(ndcg(['best', 'unjudged'], judged))
})

test('only the first ten places count', () => {
  const ranked = [...Array.from({ length: 10 }, (_, n) => `other ${n}`), 'best']
  expect([ndcg(ranked, judged), succeeded(ranked, judged)]).toEqual([0, false])
  expect(succeeded(ranked.slice(1), judged)).toBe(true)
})

test('what people call irrelevant is no success, and a query without a relevant product is worth 0', () => {
  expect(succeeded(['poor'], judged)).toBe(false)
  expect(ndcg(['poor'], new Map([['poor', 0]]))).toBe(0)
})
