import { expect, test } from 'vitest'
import { averageRating, isDoubtfulReview, statusOfNewReview } from '../../domain/product-review.ts'

const review = (body: string, title = 'A lamp') => ({ title, body })

test.each([
  'Look at https://cheap.example/lamps',
  'cheaper at lamps-for-less.com, just saying',
  'write to me: ada@example.com',
  'call 0170 123 45 67 89',
])('a person looks first at a review that says "%s"', (body) => {
  expect(isDoubtfulReview(review(body))).toBe(true)
  expect(isDoubtfulReview(review('Fine.', body))).toBe(true)
  expect(statusOfNewReview(review(body), 'doubtful')).toBe('pending')
})

test.each([
  'Bright. 10 of 10.',
  'Took 3-4 days, cost 1,299.00 and lasted from 2019 to 2024.',
  'Great value... would buy again. Truly.',
])('an honest review is shown at once: "%s"', (body) => {
  expect(statusOfNewReview(review(body), 'doubtful')).toBe('published')
  expect(statusOfNewReview(review(body), 'all')).toBe('pending')
})

test('an average has one decimal, and there is none without reviews', () => {
  expect(averageRating({ count: 0, sum: 0 })).toBeNull()
  expect(averageRating({ count: 3, sum: 14 })).toBe(4.7)
  expect(averageRating({ count: 1, sum: 1 })).toBe(1)
})
