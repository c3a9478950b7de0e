export type ProductReviewStatus = 'pending' | 'published' | 'rejected'

/** Which reviews wait for a person: those that look doubtful, or all. */
export const reviewModerations = ['doubtful', 'all'] as const
export type ReviewModeration = (typeof reviewModerations)[number]

/** An order that counts as having bought: its money was taken or is sure, and it was not given up. */
export const boughtStatuses = ['paid', 'shipped', 'delivered'] as const

const links = /https?:|www\.|\b[\p{L}\d-]+\.(com|net|org|info|shop|xyz|ru|cn|io)\b/iu
const addresses = /\S+@\S+\.\S+/
const longNumbers = /(?:\d[\s().-]?){9,}/

/** Whether a person should look first: links, addresses and telephone numbers are what is slipped into reviews. */
export const isDoubtfulReview = ({ title, body }: { title: string; body: string }): boolean =>
  [title, body].some((text) => links.test(text) || addresses.test(text) || longNumbers.test(text))

export const statusOfNewReview = (
  review: { title: string; body: string },
  moderation: ReviewModeration,
): ProductReviewStatus => (moderation === 'all' || isDoubtfulReview(review) ? 'pending' : 'published')

/** What the published ratings come to, to one decimal; nothing without any. */
export const averageRating = ({ count, sum }: { count: number; sum: number }): number | null =>
  count === 0 ? null : Math.round((sum * 10) / count) / 10
