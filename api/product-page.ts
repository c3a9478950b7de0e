import { bulkhead, TimeoutStrategy, timeout } from 'cockatiel'
import type { Logger } from 'pino'
import type { Caches } from '../store/caches.ts'
import type { Catalogue } from '../store/catalogue.ts'
import type { Db } from '../store/database.ts'
import type { Moments } from '../store/moments.ts'
import { findRatings, listNewestReviews, type ProductReview, type Rating } from '../store/product-reviews.ts'
import type { Product } from '../store/products.ts'
import { readTogether } from '../store/read-together.ts'
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
const STATEMENTS_AT_ONCE = 4
const STATEMENTS_WAITING = 64
/** With the half second that a product may be old already, what is shown is true within a second. */
const PAGE_FOR_MS = 400
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

  const reviewsOf = readTogether(
    fewAtOnce(async (productIds: readonly string[]): Promise<ReviewsPart[]> => {
      const [latest, ratings] = await Promise.all([
        listNewestReviews(database, productIds, REVIEWS),
        findRatings(database, productIds),
      ])
      return latest.map((reviews, place) => ({ ...reviews, rating: ratings[place] }))
    }),
  )
  const findSome = fewAtOnce((productId: string) => findRelated(productId, RELATED))
  async function relatedTo(productId: string): Promise<Product[]> {
    const ids = (await caches.get('related', productId, () => findSome(productId))) ?? []
    const products = await Promise.all(ids.map((id) => catalogue.product(id)))
    return products.filter((product) => product?.status === 'active') as Product[]
  }
  const isMissing = (part: string) => (error: unknown) =>
    logger.warn({ err: error, part }, 'a product page lacks a part')
  const optional = {
    related: aside(relatedTo, isMissing('related')),
    reviews: aside(reviewsOf, isMissing('reviews')),
  }

  async function pageNow(productId: string): Promise<ProductPage | undefined> {
    const product = await catalogue.product(productId)
    if (product?.status !== 'active') return undefined
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

function fewAtOnce<Asked, Found>(read: (asked: Asked) => Promise<Found>): (asked: Asked) => Promise<Found> {
  const policy = bulkhead(STATEMENTS_AT_ONCE, STATEMENTS_WAITING)
  return (asked) => policy.execute(() => read(asked))
}

function aside<Part>(
  read: (productId: string) => Promise<Part | undefined>,
  onMissing: (error: unknown) => void,
): (productId: string) => Promise<Part | null> {
  const policy = timeout(PART_WITHIN_MS, TimeoutStrategy.Aggressive)
  return async (productId) => {
    try {
      return (await policy.execute(() => read(productId))) ?? null
    } catch (error) {
      onMissing(error)
      return null
    }
  }
}
