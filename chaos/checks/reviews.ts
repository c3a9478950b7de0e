import { answersOf, type Operation } from '../traffic/history.ts'
import { describe, type HistoryCheck, violation, type Violations } from './evidence.ts'

export const reviewsAreAsAnswered: HistoryCheck = {
  name: 'reviews_are_as_answered',
  promise:
    'A buyer has one review of a product: the one that was acknowledged, or one that was asked for and not heard of.',
  look: ({ operations, books }) => {
    const reviews = operations.filter(({ kind }) => kind === 'review')
    const asked = Map.groupBy(reviews, useOf)
    return [
      ...[...asked].flatMap(([use, attempts]) => whatIsNotSo(attempts, books.reviews.get(use))),
      ...[...books.reviews.keys()]
        .filter((use) => !asked.has(use))
        .map((subject) => ({ subject, detail: 'nobody wrote this review' })),
    ]
  },
}

function whatIsNotSo(attempts: readonly Operation[], rating: number | undefined): Violations {
  const taken = attempts.filter((attempt) => answersOf(attempt).some(({ status }) => status === 201))
  return attempts.flatMap((attempt) => {
    const heard = answersOf(attempt)
    const complaints: string[] = []
    if (heard.some(({ code }) => code === 'not_a_buyer')) complaints.push('the order was delivered')
    if (heard.some(({ code }) => code === 'review_exists') && rating === undefined)
      complaints.push('the books have no review')
    if (heard.filter(({ status }) => status === 201).length > 1 || taken.length > 1)
      complaints.push('more than one was taken')
    if (taken.includes(attempt) && rating !== attempt.review?.rating)
      complaints.push(`${attempt.review?.rating} stars were taken, the books have ${rating ?? 'nothing'}`)
    if (taken.length === 0 && rating !== undefined && attempts.every(({ review }) => review?.rating !== rating))
      complaints.push(`the books have ${rating} stars, which nobody gave`)
    return complaints.map((complaint) => violation(attempt, `heard ${describe(attempt)}; ${complaint}`))
  })
}

const useOf = ({ by, review }: Operation): string => `${by} ${review?.productId}`
