import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { Problem } from '../../domain/problems.ts'
import { findStock, MAX_ON_HAND, setReordering } from '../../store/inventory.ts'
import { listSources } from '../../store/suppliers/index.ts'
import type { AppDeps } from '../app.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import {
  productIdOf,
  reorderMode,
  stockParams as params,
  suppliedStockAnswer,
  suppliedStockSchema,
} from '../stock-schemas.ts'

const units = z.int().min(0).max(MAX_ON_HAND)

const stockContent = { 'application/json': { schema: suppliedStockSchema } }

const show = createRoute({
  method: 'get',
  path: '/v1/inventory/{product_id}',
  operationId: 'getStock',
  tags: ['inventory'],
  summary: "A product's stock",
  security: bearer,
  middleware: staffOnly,
  request: { params },
  responses: {
    200: { description: 'The stock', content: stockContent },
    ...problemResponses('unauthenticated', 'forbidden', 'product_not_found'),
  },
})

const change = createRoute({
  method: 'patch',
  path: '/v1/inventory/{product_id}',
  operationId: 'setReordering',
  tags: ['inventory'],
  summary: 'Set when and how much to reorder',
  security: bearer,
  middleware: staffOnly,
  request: {
    params,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.strictObject({
            reorder_point: units.optional(),
            reorder_quantity: units.optional(),
            reorder_mode: reorderMode.optional(),
          }),
        },
      },
    },
  },
  responses: {
    200: { description: 'The stock', content: stockContent },
    ...problemResponses('unauthenticated', 'forbidden', 'product_not_found', ...bodyProblems),
  },
})

export function inventoryRoutes({ database }: Pick<AppDeps, 'database'>) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(show, async (c) => {
    const productId = productIdOf(c.req.valid('param'))
    const [stock, sources] = await Promise.all([findStock(database, productId), listSources(database, productId)])
    if (!stock) throw new Problem('product_not_found')
    return c.json(suppliedStockAnswer(stock, sources), 200)
  })

  routes.openapi(change, async (c) => {
    const body = c.req.valid('json')
    const productId = productIdOf(c.req.valid('param'))
    const stock = await setReordering(database, productId, {
      reorderPoint: body.reorder_point,
      reorderQuantity: body.reorder_quantity,
      reorderMode: body.reorder_mode,
    })
    if (!stock) throw new Problem('product_not_found')
    return c.json(suppliedStockAnswer(stock, await listSources(database, productId)), 200)
  })

  return routes
}
