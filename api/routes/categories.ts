import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Category } from '../../domain/category.ts'
import type { AppDeps } from '../app.ts'
import type { ApiEnv } from '../authentication.ts'
import { problemResponses } from '../problem-responses.ts'

const categorySchema: z.ZodType<Category> = z
  .object({
    path: z.string().openapi({ example: 'kitchen/knives' }),
    name: z.string().openapi({ description: 'The last level of the path', example: 'knives' }),
    products: z.int().min(0).openapi({ description: 'Active products in it and below it' }),
    get children() {
      return z.array(categorySchema)
    },
  })
  .openapi('Category')

const list = createRoute({
  method: 'get',
  path: '/v1/categories',
  operationId: 'listCategories',
  tags: ['catalogue'],
  summary: 'The tree of categories',
  description: 'All that have an active product in or below them, by name. The counts are a few seconds old at most.',
  request: { query: z.strictObject({}) },
  responses: {
    200: {
      description: 'The categories that are in no other, each with those below it',
      content: { 'application/json': { schema: z.object({ data: z.array(categorySchema) }) } },
    },
    ...problemResponses('invalid_request'),
  },
})

export function categoryRoutes({ categories }: Pick<AppDeps, 'categories'>) {
  const routes = new OpenAPIHono<ApiEnv>()
  routes.openapi(list, async (c) => c.json({ data: await categories() }, 200))
  return routes
}
