import { createHash } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { MAX_AMOUNT_MINOR } from '../../domain/money.ts'
import type { SearchSort } from '../../domain/product-search.ts'
import { searchSorts } from '../../domain/product-search.ts'
import { MAX_HITS, type SearchPage } from '../../store/product-search.ts'
import type { AppDeps } from '../app.ts'
import type { ApiEnv } from '../authentication.ts'
import { problemResponses } from '../problem-responses.ts'
import { categoryFilter, productAnswer, productSchema } from '../product-schemas.ts'
import { joined, renderedOnce, sendJson, toJson } from '../rendered.ts'
import { compiled, cursorParameter, limitParameter, readCursor, wholeNumber, writeCursor } from '../schemas.ts'

const words = z.string().max(256)
const price = wholeNumber({ min: 0, max: MAX_AMOUNT_MINOR }).optional()

const attributeFilter = z
  .string()
  .max(600)
  .regex(/^[^:]{1,64}:[^]+$/, 'Must be name:value')

const querySchema = compiled(
  z.strictObject({
    q: words.optional().openapi({ description: 'Words, misspelt or not', example: 'wireles headphones' }),
    category: categoryFilter,
    min_price: price,
    max_price: price,
    in_stock: z
      .enum(['true', 'false'])
      .transform((flag) => flag === 'true')
      .optional()
      .openapi({ type: 'boolean' }),
    attribute: z
      .union([attributeFilter, z.array(attributeFilter).max(20)])
      .optional()
      .openapi({
        description:
          'A value that an attribute must have, `name:value`, any number of times: values of one name are alternatives',
        example: ['colour:black', 'colour:grey', 'wireless:true'],
      }),
    sort: z.enum(searchSorts).default('relevance'),
    limit: limitParameter,
    cursor: cursorParameter,
  }),
)

const count = z.int().min(0)
const pageSchema = z
  .object({
    data: z.array(productSchema),
    facets: z.object({
      categories: z
        .array(z.object({ value: z.string(), count }))
        .openapi({ description: 'Each category and each one above it, by its path; the fullest come first' }),
      prices: z
        .array(z.object({ from: z.int(), to: z.int().nullable(), count }))
        .openapi({ description: 'Minor units' }),
      attributes: z.array(z.object({ name: z.string(), values: z.array(z.object({ value: z.string(), count })) })),
    }),
    total: count,
    total_is_capped: z.literal(true).optional().openapi({
      description: 'There may be more than `total`, and the facets count these only: PostgreSQL counts no further',
    }),
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
    const { q, category, min_price, max_price, in_stock, attribute = [], sort, limit, cursor } = c.req.valid('query')
    const question = {
      // Those who ask alike share a page and where it goes on.
      q: q?.trim().toLowerCase() || undefined,
      category,
      minPriceMinor: min_price,
      maxPriceMinor: max_price,
      inStock: in_stock,
      attributes: attributesOf([attribute].flat().sort()),
      sort,
    }
    const position = readCursor(cursor, () => positionShape(fingerprintOf(question), sort))
    const found = await productSearch.search({
      ...question,
      limit: Math.min(limit, MAX_HITS - (position?.seen ?? 0)),
      after: position,
    })
    const page = rendered(found, question)
    return sendJson(c, joined(toJson({ took_ms: Math.round((performance.now() - startedAt) * 10) / 10 }), page))
  })
  routes.openapi(suggest, async (c) => {
    const { q, limit } = c.req.valid('query')
    const products = await productSearch.suggest(q, limit)
    return c.json({ data: products.map(({ id, name }) => ({ id, name })) }, 200)
  })
  return routes
}

/** What is the same for all who ask for this page within a moment. */
const rendered = renderedOnce(({ products, facets, total, isCapped, engine, next }: SearchPage, question: object) =>
  toJson({
    data: products.map(productAnswer),
    facets,
    total,
    ...(isCapped && { total_is_capped: true as const }),
    engine,
    next_cursor: next ? writeCursor({ of: fingerprintOf(question), ...next }) : null,
  }),
)

function attributesOf(filters: readonly string[]): Record<string, string[]> {
  const attributes: Record<string, string[]> = Object.create(null)
  for (const filter of filters) {
    const colon = filter.indexOf(':')
    const name = filter.slice(0, colon)
    attributes[name] = [...(attributes[name] ?? []), filter.slice(colon + 1)]
  }
  return attributes
}

/** A cursor goes on with the question it came from and no other. */
const fingerprintOf = (question: object): string =>
  createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 16)

const id = z.string().regex(/^prd_[\w-]{1,60}$/)
const amount = z.int().min(0)

/** What the last hit of a page is sorted by, as the engine gave it out. */
const lastHits: Record<SearchSort, z.ZodTuple> = {
  relevance: z.tuple([z.number(), id]),
  newest: z.tuple([id]),
  price: z.tuple([amount, id]),
  '-price': z.tuple([amount, id]),
  name: z.tuple([z.string().max(300), id]),
  popularity: z.tuple([amount, id]),
  rating: z.tuple([z.number(), amount, amount, id]),
}

function positionShape(of: string, sort: SearchSort) {
  const seen = z
    .int()
    .min(1)
    .max(MAX_HITS - 1)
  return z
    .discriminatedUnion('engine', [
      z.strictObject({ of: z.literal(of), seen, engine: z.literal('opensearch'), last: lastHits[sort] }),
      // Without words there is no relevance, and the newest come first.
      z.strictObject({
        of: z.literal(of),
        seen,
        engine: z.literal('postgres'),
        last: z.union([lastHits[sort], z.tuple([]), ...(sort === 'relevance' ? [lastHits.newest] : [])]),
      }),
    ])
    .transform(({ seen, engine, last }) => ({ seen, engine, last: last as (string | number)[] }))
}
