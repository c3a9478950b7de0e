import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { statusOfNewReview } from '../../domain/product-review.ts'
import { Problem } from '../../domain/problems.ts'
import { newId } from '../../store/ids.ts'
import {
  findRatings,
  listPublishedReviews,
  listReviewsByStatus,
  moderateProductReview,
  writeProductReview,
} from '../../store/product-reviews.ts'
import type { AppDeps } from '../app.ts'
import { type ApiEnv, bearer, type Caller, signedIn, staffOnly } from '../authentication.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import {
  moderatedReviewAnswer,
  moderatedReviewSchema,
  newReviewSchema,
  ratingAnswer,
  ratingSchema,
  reviewAnswer,
  reviewSchema,
  reviewStatusSchema,
} from '../review-schemas.ts'
import { cursorParameter, limitParameter, lineOfText, listOf, readCursor, writeCursor } from '../schemas.ts'

const params = z.object({ id: z.string() })
const position = z.string().refine((id) => isId('rev', id))

const list = createRoute({
  method: 'get',
  path: '/v1/products/{id}/reviews',
  operationId: 'listReviews',
  tags: ['reviews'],
  summary: 'What buyers say of a product, newest first',
  request: { params, query: z.strictObject({ limit: limitParameter, cursor: cursorParameter }) },
  responses: {
    200: {
      description: 'A page of reviews, and how all of them rate it',
      content: { 'application/json': { schema: listOf(reviewSchema).extend({ rating: ratingSchema }) } },
    },
    ...problemResponses('malformed_request', 'product_not_found', 'invalid_request'),
  },
})

const write = createRoute({
  method: 'post',
  path: '/v1/products/{id}/reviews',
  operationId: 'writeReview',
  tags: ['reviews'],
  summary: 'Review a product that you have bought, once',
  description: 'Published at once unless it looks doubtful, or the shop looks at all of them first; `status` says so.',
  security: bearer,
  middleware: signedIn,
  request: { params, body: { required: true, content: { 'application/json': { schema: newReviewSchema } } } },
  responses: {
    201: { description: 'Written', content: { 'application/json': { schema: reviewSchema } } },
    ...problemResponses('unauthenticated', 'not_a_buyer', 'product_not_found', 'review_exists', ...bodyProblems),
  },
})

const moderated = { 'application/json': { schema: moderatedReviewSchema } }

const listForModeration = createRoute({
  method: 'get',
  path: '/v1/reviews',
  operationId: 'listReviewsForModeration',
  tags: ['reviews'],
  summary: 'Reviews of all products, newest first',
  security: bearer,
  middleware: staffOnly,
  request: {
    query: z.strictObject({
      status: reviewStatusSchema.default('pending'),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: {
      description: 'A page of reviews',
      content: { 'application/json': { schema: listOf(moderatedReviewSchema) } },
    },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const decision = (path: 'publish' | 'reject', operationId: string, summary: string) =>
  createRoute({
    method: 'post',
    path: `/v1/reviews/{id}/${path}`,
    operationId,
    tags: ['reviews'],
    summary,
    description: 'Whatever was decided before. The same once more changes nothing.',
    security: bearer,
    middleware: staffOnly,
    request: {
      params,
      body: { content: { 'application/json': { schema: z.strictObject({ reason: lineOfText(500).optional() }) } } },
    },
    responses: {
      200: { description: 'Decided', content: moderated },
      ...problemResponses('unauthenticated', 'forbidden', 'review_not_found', ...bodyProblems),
    },
  })

const publish = decision('publish', 'publishReview', 'Show a review and count it')
const reject = decision('reject', 'rejectReview', 'Do not show a review, or no longer')

type ReviewDeps = Pick<AppDeps, 'database' | 'catalogue' | 'reviewModeration' | 'nudgeSearchSync'>

export function reviewRoutes({ database, catalogue, reviewModeration, nudgeSearchSync }: ReviewDeps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(list, async (c) => {
    const productId = await productOnSale(c.req.valid('param').id)
    const { limit, cursor } = c.req.valid('query')
    const beforeId = readCursor(cursor, () => position)
    const [{ reviews, next }, [rating]] = await Promise.all([
      listPublishedReviews(database, productId, { beforeId, limit }),
      findRatings(database, [productId]),
    ])
    const data = reviews.map(reviewAnswer)
    return c.json({ data, next_cursor: next ? writeCursor(next) : null, rating: ratingAnswer(rating) }, 200)
  })

  routes.openapi(write, async (c) => {
    const { id } = c.req.valid('param')
    const said = c.req.valid('json')
    const product = isId('prd', id) ? await catalogue.product(id) : undefined
    if (!product) throw new Problem('product_not_found')
    const written = await writeProductReview(database, {
      id: newId('rev'),
      productId: product.id,
      userId: c.var.caller.id,
      status: statusOfNewReview(said, reviewModeration),
      ...said,
    })
    if (written.outcome === 'not_a_buyer') throw new Problem('not_a_buyer')
    // Who never heard that his review was taken finds it here.
    if (written.outcome === 'review_exists') throw new Problem('review_exists', { review_id: written.reviewId })
    if (written.review.status === 'published') nudgeSearchSync()
    return c.json(reviewAnswer(written.review), 201)
  })

  routes.openapi(listForModeration, async (c) => {
    const { status, limit, cursor } = c.req.valid('query')
    const { reviews, next } = await listReviewsByStatus(database, status, {
      beforeId: readCursor(cursor, () => position),
      limit,
    })
    return c.json({ data: reviews.map(moderatedReviewAnswer), next_cursor: next ? writeCursor(next) : null }, 200)
  })

  routes.openapi(publish, async (c) =>
    c.json(await decide(c.req.valid('param').id, 'published', c.var.caller, c.req.valid('json').reason), 200),
  )
  routes.openapi(reject, async (c) =>
    c.json(await decide(c.req.valid('param').id, 'rejected', c.var.caller, c.req.valid('json').reason), 200),
  )
  return routes

  async function productOnSale(id: string): Promise<string> {
    const product = isId('prd', id) ? await catalogue.product(id) : undefined
    if (product?.status !== 'active') throw new Problem('product_not_found')
    return product.id
  }

  async function decide(reviewId: string, status: 'published' | 'rejected', caller: Caller, reason?: string) {
    const review = isId('rev', reviewId)
      ? await moderateProductReview(database, { reviewId, status, by: caller.id, reason })
      : undefined
    if (!review) throw new Problem('review_not_found')
    nudgeSearchSync()
    return moderatedReviewAnswer(review)
  }
}
