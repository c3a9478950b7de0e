import { createHash } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import type { AppDeps } from '../app.ts'
import type { ApiEnv } from '../authentication.ts'
import { problemResponses } from '../problem-responses.ts'
import type { ProductPage } from '../product-page.ts'
import { productAnswer, productSchema } from '../product-schemas.ts'
import { renderedOnce, sendJson, toJson } from '../rendered.ts'
import { ratingAnswer, ratingSchema, reviewAnswer, reviewSchema } from '../review-schemas.ts'
import { listOf, writeCursor } from '../schemas.ts'
import { staticResources } from '../static-files.ts'

const resourceSchema = z.object({
  url: z.string().openapi({ description: 'Holds the digest of its content: it may be kept for ever' }),
  integrity: z.string(),
})

const pageSchema = z
  .object({
    product: productSchema,
    related: z.array(productSchema).nullable(),
    reviews: listOf(reviewSchema).extend({ rating: ratingSchema }).nullable(),
    resources: z.object({ stylesheet: resourceSchema, placeholder: resourceSchema }),
    missing: z
      .array(z.enum(['related', 'reviews']))
      .openapi({ description: 'Parts that were late and are null; the page came without them' }),
  })
  .openapi('ProductPage')

const headers = z.object({
  ETag: z.string().optional(),
  'Cache-Control': z.string().optional(),
  'Surrogate-Key': z.string().optional().openapi({ description: 'By what a CDN purges it: every product it shows' }),
})

const show = createRoute({
  method: 'get',
  path: '/v1/products/{id}/page',
  operationId: 'getProductPage',
  tags: ['catalogue'],
  summary: 'All that a product page shows, in one answer',
  description:
    'The same for everyone, so anything between may keep it. With `If-None-Match` it is 304 while unchanged.',
  // A 304 goes through whatever stands between as the 200 does: with what it is purged by.
  middleware: etag({ retainedHeaders: ['cache-control', 'etag', 'vary', 'surrogate-key', 'x-request-id'] }),
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: { description: 'The page', headers, content: { 'application/json': { schema: pageSchema } } },
    304: { description: 'It is as it was', headers },
    ...problemResponses('product_not_found'),
  },
})

/** Browsers ask each time, and mostly hear 304; what stands between may answer for that long by itself. */
const WHOLE = 'public, max-age=0, must-revalidate, s-maxage=10, stale-while-revalidate=30, stale-if-error=300'
const WITH_GAPS = 'no-store'

export function productPageRoutes({ pages, views }: Pick<AppDeps, 'pages' | 'views'>) {
  const routes = new OpenAPIHono<ApiEnv>()
  routes.openapi(show, async (c) => {
    const { id } = c.req.valid('param')
    const page = isId('prd', id) ? await pages.find(id) : undefined
    if (!page) throw new Problem('product_not_found')
    views.saw(id)
    const { json, etag, surrogateKey } = rendered(page)
    c.header('Cache-Control', page.missing.length > 0 ? WITH_GAPS : WHOLE)
    c.header('Surrogate-Key', surrogateKey)
    c.header('ETag', etag)
    return sendJson(c, json)
  })
  return routes
}

const rendered = renderedOnce((page: ProductPage) => {
  const json = toJson(pageAnswer(page))
  return {
    json,
    etag: `"${createHash('sha256').update(json).digest('base64url')}"`,
    surrogateKey: [page.product, ...(page.related ?? [])].map(({ id }) => id).join(' '),
  }
})

const pageAnswer = ({ product, related, reviews, missing }: ProductPage): z.infer<typeof pageSchema> => ({
  product: productAnswer(product),
  related: related && related.map(productAnswer),
  reviews: reviews && {
    data: reviews.reviews.map(reviewAnswer),
    next_cursor: reviews.next ? writeCursor(reviews.next) : null,
    rating: ratingAnswer(reviews.rating),
  },
  resources: staticResources,
  missing,
})
