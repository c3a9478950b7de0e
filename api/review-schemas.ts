import { z } from '@hono/zod-openapi'
import { averageRating } from '../domain/product-review.ts'
import type { ProductReview, Rating } from '../store/product-reviews.ts'
import { lineOfText, timeSchema } from './schemas.ts'

export const reviewStatusSchema = z.enum(['pending', 'published', 'rejected'])

const said = {
  rating: z.int().min(1).max(5).openapi({ example: 5 }),
  title: lineOfText(120),
  body: z.string().trim().min(1).max(5_000),
}

export const newReviewSchema = z.strictObject(said).openapi('NewReview')

export const reviewSchema = z
  .object({
    id: z.string(),
    product_id: z.string(),
    ...said,
    status: reviewStatusSchema.openapi({ description: 'Only published ones are shown and counted' }),
    created_at: timeSchema,
  })
  .openapi('Review')

/** As those who moderate see it. */
export const moderatedReviewSchema = reviewSchema
  .extend({ user_id: z.string(), moderated_by: z.string().nullable(), reason: z.string().nullable() })
  .openapi('ModeratedReview')

export const ratingSchema = z
  .object({
    average: z.number().min(1).max(5).nullable().openapi({ description: 'To one decimal; null without reviews' }),
    count: z.int().min(0),
  })
  .openapi('Rating')

/** What everyone may see: neither who wrote it nor who moderated it. */
export const reviewAnswer = (review: ProductReview): z.infer<typeof reviewSchema> => ({
  id: review.id,
  product_id: review.productId,
  rating: review.rating,
  title: review.title,
  body: review.body,
  status: review.status,
  created_at: review.createdAt.toISOString(),
})

export const moderatedReviewAnswer = (review: ProductReview): z.infer<typeof moderatedReviewSchema> => ({
  ...reviewAnswer(review),
  user_id: review.userId,
  moderated_by: review.moderatedBy,
  reason: review.reason,
})

export const ratingAnswer = (rating: Rating | undefined): z.infer<typeof ratingSchema> => ({
  average: rating ? averageRating(rating) : null,
  count: rating?.count ?? 0,
})
