import { boughtStatuses, type ProductReviewStatus } from '../domain/product-review.ts'
import type { Db } from './database.ts'
import { inOrderOf } from './read-together.ts'

export type ProductReview = {
  id: string
  productId: string
  userId: string
  rating: number
  title: string
  body: string
  status: ProductReviewStatus
  moderatedBy: string | null
  reason: string | null
  createdAt: Date
  updatedAt: Date
}

const reviewColumns = `id, product_id as "productId", user_id as "userId", rating, title, body, status,
  moderated_by as "moderatedBy", reason, created_at as "createdAt", updated_at as "updatedAt"`

export type NewProductReview = Pick<
  ProductReview,
  'id' | 'productId' | 'userId' | 'rating' | 'title' | 'body' | 'status'
>

export type ReviewOutcome =
  | { outcome: 'written'; review: ProductReview }
  | { outcome: 'not_a_buyer' }
  | { outcome: 'review_exists'; reviewId: string }

/** Keeps what a buyer says. One statement looks for the purchase and writes; of two at once, the constraint lets one in. */
export async function writeProductReview(db: Db, review: NewProductReview): Promise<ReviewOutcome> {
  const { rows } = await db.query<ProductReview>({
    name: 'write-product-review',
    text: `insert into product_reviews (id, product_id, user_id, rating, title, body, status)
           select $1, $2::text, $3::text, $4::smallint, $5, $6, $7
            where exists (select from orders o join order_items i on i.order_id = o.id
                           where o.user_id = $3 and i.product_id = $2 and o.status = any($8))
           on conflict (product_id, user_id) do nothing
           returning ${reviewColumns}`,
    values: [
      review.id,
      review.productId,
      review.userId,
      review.rating,
      review.title,
      review.body,
      review.status,
      boughtStatuses,
    ],
  })
  if (rows[0]) return { outcome: 'written', review: rows[0] }
  const { rows: earlier } = await db.query<{ id: string }>(
    'select id from product_reviews where product_id = $1 and user_id = $2',
    [review.productId, review.userId],
  )
  return earlier[0] ? { outcome: 'review_exists', reviewId: earlier[0].id } : { outcome: 'not_a_buyer' }
}

export type Moderation = {
  reviewId: string
  status: Exclude<ProductReviewStatus, 'pending'>
  by: string
  reason?: string | undefined
}

/** Publishes or rejects, whatever was decided before; the same again changes nothing and says who decided it. */
export async function moderateProductReview(db: Db, moderation: Moderation): Promise<ProductReview | undefined> {
  const { rowCount, rows } = await db.query<ProductReview>(
    `update product_reviews set status = $2, moderated_by = $3, reason = $4, updated_at = now()
      where id = $1 and status <> $2 returning ${reviewColumns}`,
    [moderation.reviewId, moderation.status, moderation.by, moderation.reason ?? null],
  )
  if (rowCount === 1) return rows[0]
  const { rows: standing } = await db.query<ProductReview>(
    `select ${reviewColumns} from product_reviews where id = $1`,
    [moderation.reviewId],
  )
  return standing[0]
}

export type ReviewPage = { beforeId?: string | undefined; limit: number }

/** Newest first; `next` is the id after which the following page begins. */
export async function listPublishedReviews(db: Db, productId: string, page: ReviewPage) {
  const { rows } = await db.query<ProductReview>({
    name: 'list-published-reviews',
    text: `select ${reviewColumns} from product_reviews
            where product_id = $1 and status = 'published' and ($2::text is null or id < $2) order by id desc limit $3`,
    values: [productId, page.beforeId ?? null, page.limit + 1],
  })
  return pageOf(rows, page.limit)
}

/** The first page of `listPublishedReviews` for each of these products. */
export async function listNewestReviews(db: Db, productIds: readonly string[], limit: number) {
  const { rows } = await db.query<ProductReview>({
    name: 'list-newest-reviews',
    text: `select newest.* from unnest($1::text[]) as wanted (id) cross join lateral (
             select ${reviewColumns} from product_reviews
              where product_id = wanted.id and status = 'published' order by product_reviews.id desc limit $2
           ) newest order by newest.id desc`,
    values: [productIds, limit + 1],
  })
  const byProduct = Map.groupBy(rows, ({ productId }) => productId)
  return productIds.map((id) => pageOf(byProduct.get(id) ?? [], limit))
}

/** For those who moderate: of all products, newest first. */
export async function listReviewsByStatus(db: Db, status: ProductReviewStatus, page: ReviewPage) {
  const { rows } = await db.query<ProductReview>(
    `select ${reviewColumns} from product_reviews
      where status = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
    [status, page.beforeId ?? null, page.limit + 1],
  )
  return pageOf(rows, page.limit)
}

function pageOf(rows: ProductReview[], limit: number): { reviews: ProductReview[]; next: string | undefined } {
  const reviews = rows.slice(0, limit)
  return { reviews, next: rows.length > limit ? reviews.at(-1)?.id : undefined }
}

export type Rating = { productId: string; count: number; sum: number }

/** How products are rated; `undefined` for those that nobody has reviewed. */
export async function findRatings(db: Db, productIds: readonly string[]): Promise<(Rating | undefined)[]> {
  const { rows } = await db.query<Rating>({
    name: 'find-ratings',
    text: `select product_id as "productId", count, sum from product_ratings where product_id = any($1::text[])`,
    values: [productIds],
  })
  return inOrderOf(productIds, rows, ({ productId }) => productId)
}
