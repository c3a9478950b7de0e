import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import { findProducts } from '../../store/products.ts'
import {
  listRecommendations,
  listSelling,
  type Recommendation,
  type RecommendationReason,
} from '../../store/recommendations/index.ts'
import { type ApiEnv, anyone, bearer } from '../authentication.ts'
import { problemResponses } from '../problem-responses.ts'
import { productAnswer, productSchema } from '../product-schemas.ts'
import { pageSize } from '../schemas.ts'

const recommendationSchema = z
  .object({
    product: productSchema,
    score: z.number().openapi({ description: 'Only its order means something', example: 0.173 }),
    reason: z.string().openapi({ example: 'Because you looked at Inkwell coloured pencils' }),
  })
  .openapi('Recommendation')

const recommend = createRoute({
  method: 'get',
  path: '/v1/recommendations',
  operationId: 'listRecommendations',
  tags: ['catalogue'],
  summary: 'What the caller may like, or what goes with a product',
  description:
    'From what a signed-in customer bought and looked at, their profile (`age_group`, `gender`, `location`) and preferences ' +
    '(`categories`); for everybody else what sells. Nothing that cannot be bought now or that was bought within 30 days.',
  security: [{}, ...bearer],
  middleware: anyone,
  request: {
    query: z.strictObject({
      limit: pageSize(50, 10),
      product_id: z.string().optional().openapi({ description: 'What goes with this product' }),
    }),
  },
  responses: {
    200: {
      description: 'Products, best first',
      content: { 'application/json': { schema: z.object({ data: z.array(recommendationSchema) }) } },
    },
    ...problemResponses('unauthenticated', 'product_not_found', 'invalid_request'),
  },
})

export function recommendationRoutes({ database }: { database: Database }) {
  const routes = new OpenAPIHono<ApiEnv>()
  routes.openapi(recommend, async (c) => {
    const { limit, product_id: productId } = c.req.valid('query')
    const question = { userId: c.var.caller?.id, productId, limit }
    const [found] = productId === undefined ? [] : await askedAbout(database, productId)
    if (productId !== undefined && found?.status !== 'active') throw new Problem('product_not_found')
    const known = await listRecommendations(database, question)
    const selling = known.length > 0 ? [] : await listSelling(database, question)
    const data = [
      ...known.map((each) => ({ product: productAnswer(each), score: each.score, reason: reasonOf(each) })),
      ...selling.map((each) => ({
        product: productAnswer(each),
        score: each.sold,
        reason: each.sold > 0 ? 'Popular in the shop' : 'New in the shop',
      })),
    ]
    return c.json({ data }, 200)
  })
  return routes
}

const askedAbout = async (database: Database, productId: string) =>
  isId('prd', productId) ? findProducts(database, [productId]) : []

const reasons: Record<RecommendationReason['kind'], (because: string) => string> = {
  product: (name) => `Bought together with ${name}`,
  bought: (name) => `Because you bought ${name}`,
  viewed: (name) => `Because you looked at ${name}`,
  popular: popularIn,
}

function reasonOf({ kind, because }: Recommendation): string {
  return reasons[kind](because)
}

const places: Record<string, (word: string) => string> = {
  category: (word) => `Popular in ${word}, which you like`,
  location: (word) => `Popular in ${word}`,
  age_group: (word) => `Popular with customers of ${word}`,
  gender: () => 'Popular with customers like you',
}

function popularIn(segment: string): string {
  const at = segment.indexOf(':')
  return places[segment.slice(0, at)]?.(segment.slice(at + 1)) ?? 'Popular in the shop'
}
