import { bulkhead, TimeoutStrategy, timeout, wrap } from 'cockatiel'
import type { Logger } from 'pino'
import type { Caches } from '../store/caches.ts'
import type { Catalogue } from '../store/catalogue.ts'
import type { Db } from '../store/database.ts'
import type { Moments } from '../store/moments.ts'
import { findRatings, listPublishedReviews, type ProductReview, type Rating } from '../store/product-reviews.ts'
import type { Product } from '../store/products.ts'
import type { FindRelated } from '../store/related-products.ts'

export type ReviewsPart = { rating: Rating | undefined; reviews: ProductReview[]; next: string | undefined }

/** Without a part: it was late or failed, and is named in `missing`. */
export type ProductPage = {
  product: Product
  related: Product[] | null
  reviews: ReviewsPart | null
  missing: ('related' | 'reviews')[]
}

export type ProductPages = {
  /** The page of a product that is for sale, as it was no more than a moment ago. */
  find(productId: string): Promise<ProductPage | undefined>
}

const RELATED = 8
const REVIEWS = 5
/** How long a page waits for a part it can come without. */
const PART_WITHIN_MS = 300
/** A part that hangs must not take the connections that orders need. */
const PARTS_AT_ONCE = 4
const PARTS_WAITING = 64
/** As with prices: what is shown is half a second old at most. */
const PAGE_FOR_MS = 500
const REMEMBERED_PAGES = 2_000

/** Everything that a product's page shows. The parts are read beside each other, and none can hold up the others. */
export function createProductPages(deps: {
  database: Db
  catalogue: Catalogue
  caches: Caches
  moments: Moments
  findRelated: FindRelated
  logger: Logger
}): ProductPages {
  const { database, catalogue, caches, moments, findRelated, logger } = deps

  async function reviewsOf(productId: string): Promise<ReviewsPart> {
    const [page, [rating]] = await Promise.all([
      listPublishedReviews(database, productId, { limit: REVIEWS }),
      findRatings(database, [productId]),
    ])
    return { ...page, rating }
  }
  const relatedTo = async (productId: string) => {
    const ids = await caches.get('related', productId, () => findRelated(productId, RELATED))
    return catalogue.activeProducts(ids ?? [])
  }
  const isMissing = (part: string) => (error: unknown) =>
    logger.warn({ err: error, part }, 'a product page lacks a part')
  const optional = {
    related: aside(relatedTo, isMissing('related')),
    reviews: aside(reviewsOf, isMissing('reviews')),
  }

  async function pageNow(productId: string): Promise<ProductPage | undefined> {
    const [product] = await catalogue.activeProducts([productId])
    if (!product) return undefined
    const [related, reviews] = await Promise.all([optional.related(productId), optional.reviews(productId)])
    const parts = { related, reviews: reviews ?? null }
    const missing = (['related', 'reviews'] as const).filter((part) => parts[part] === null)
    return { product, ...parts, missing }
  }

  return {
    find: moments.of(pageNow, {
      name: 'page',
      forMs: PAGE_FOR_MS,
      most: REMEMBERED_PAGES,
      isByProduct: true,
      isKept: ({ missing }) => missing.length === 0,
    }),
  }
}

function aside<Part>(
  read: (productId: string) => Promise<Part | undefined>,
  onMissing: (error: unknown) => void,
): (productId: string) => Promise<Part | null> {
  const policy = wrap(timeout(PART_WITHIN_MS, TimeoutStrategy.Aggressive), bulkhead(PARTS_AT_ONCE, PARTS_WAITING))
  return async (productId) => {
    try {
      return (await policy.execute(() => read(productId))) ?? null
    } catch (error) {
      onMissing(error)
      return null
    }
  }
}
