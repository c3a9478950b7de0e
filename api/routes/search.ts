import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts'
import { searchSorts } from '../../domain/product-search.ts'
import type { AppDeps } from '../app.ts'
import type { ApiEnv } from '../authentication.ts'
import { problemResponses } from '../problem-responses.ts'
import { productAnswer, productSchema } from '../product-schemas.ts'
import { cursorParameter, limitParameter, readCursor, wholeNumber, writeCursor } from '../schemas.ts'

// Whoever has looked through so many hits needs a better question, and deep pages are dear.
const MAX_HITS = 1_000

const words = z.string().max(256)
const price = wholeNumber({ min: 0, max: MAX_AMOUNT_MINOR }).optional()

const querySchema = z.strictObject({
  q: words.optional().openapi({ description: 'Words, misspelt or not', example: 'wireles headphones' }),
  category: z.string().max(100).optional(),
  min_price: price,
  max_price: price,
  in_stock: z
    .enum(['true', 'false'])
    .transform((flag) => flag === 'true')
    .optional()
    .openapi({ type: 'boolean' }),
  sort: z.enum(searchSorts).default('relevance'),
  limit: limitParameter,
  cursor: cursorParameter,
})

const count = z.int().min(0)
const pageSchema = z
  .object({
    data: z.array(productSchema),
    facets: z.object({
      categories: z.array(z.object({ value: z.string(), count })),
      prices: z
        .array(z.object({ from: z.int(), to: z.int().nullable(), count }))
        .openapi({ description: 'Minor units' }),
    }),
    total: count,
    took_ms: z.number(),
    engine: z.enum(['opensearch', 'postgres']).openapi({ description: 'PostgreSQL answers while OpenSearch is away' }),
    next_cursor: z.string().nullable(),
  })
  .openapi('SearchPage')

const search = createRoute({
  method: 'get',
  path: '/v1/search',
  operationId: 'searchProducts',
  tags: ['catalogue'],
  summary: 'Search the catalogue',
  request: { query: querySchema },
  responses: {
    200: { description: 'What was found, as it is now', content: { 'application/json': { schema: pageSchema } } },
    ...problemResponses('malformed_request', 'invalid_request'),
  },
})

const suggestionSchema = z.object({ id: z.string(), name: z.string() }).openapi('Suggestion')

const suggest = createRoute({
  method: 'get',
  path: '/v1/search/suggest',
  operationId: 'suggestProducts',
  tags: ['catalogue'],
  summary: 'Products whose names begin like this',
  request: { query: z.strictObject({ q: words.min(1), limit: limitParameter }) },
  responses: {
    200: {
      description: 'Suggestions',
      content: { 'application/json': { schema: z.object({ data: z.array(suggestionSchema) }) } },
    },
    ...problemResponses('invalid_request'),
  },
})

export function searchRoutes({ search: productSearch }: Pick<AppDeps, 'search'>) {
  const routes = new OpenAPIHono<ApiEnv>()
  routes.openapi(search, async (c) => {
    const startedAt = performance.now()
    const { q, category, min_price, max_price, in_stock, sort, limit, cursor } = c.req.valid('query')
    const offset =
      readCursor(
        cursor,
        z
          .int()
          .min(1)
          .max(MAX_HITS - 1),
      ) ?? 0
    const found = await productSearch.search({
      q: q?.trim() || undefined,
      category,
      minPriceMinor: min_price,
      maxPriceMinor: max_price,
      inStock: in_stock,
      sort,
      limit: Math.min(limit, MAX_HITS - offset),
      offset,
    })
    const end = offset + found.hits
    const hasMore = found.hits === limit && end < Math.min(found.total, MAX_HITS)
    return c.json(
      {
        data: found.products.map(productAnswer),
        facets: found.facets,
        total: found.total,
        took_ms: Math.round((performance.now() - startedAt) * 10) / 10,
        engine: found.engine,
        next_cursor: hasMore ? writeCursor(end) : null,
      },
      200,
    )
  })
  routes.openapi(suggest, async (c) => {
    const { q, limit } = c.req.valid('query')
    const products = await productSearch.suggest(q, limit)
    return c.json({ data: products.map(({ id, name }) => ({ id, name })) }, 200)
  })
  return routes
}
