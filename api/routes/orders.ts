import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import { isStaff } from '../../domain/roles.ts'
import type { Database } from '../../store/database.ts'
import { findCheckout, findOrder, listOrders, listTimeline, type Order } from '../../store/orders/index.ts'
import { type ApiEnv, bearer, type Caller, signedIn } from '../authentication.ts'
import { orderAnswer, orderSchema, orderStatusSchema, timelineAnswer, timelineEntrySchema } from '../order-schemas.ts'
import { problemResponses } from '../problem-responses.ts'
import { cursorParameter, limitParameter, listOf, pageOf, readIdCursor } from '../schemas.ts'

const params = z.object({ id: z.string() })

const list = createRoute({
  method: 'get',
  path: '/v1/orders',
  operationId: 'listOrders',
  tags: ['orders'],
  summary: 'Own orders, newest first; staff see all',
  security: bearer,
  middleware: signedIn,
  request: {
    query: z.strictObject({
      status: orderStatusSchema.optional(),
      needs_attention: z.enum(['true', 'false']).optional(),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: { description: 'A page of orders', content: { 'application/json': { schema: listOf(orderSchema) } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/orders/{id}',
  operationId: 'getOrder',
  tags: ['orders'],
  summary: 'An order',
  security: bearer,
  middleware: signedIn,
  request: { params },
  responses: {
    200: { description: 'The order', content: { 'application/json': { schema: orderSchema } } },
    ...problemResponses('unauthenticated', 'forbidden', 'order_not_found'),
  },
})

const timeline = createRoute({
  method: 'get',
  path: '/v1/orders/{id}/timeline',
  operationId: 'getOrderTimeline',
  tags: ['orders'],
  summary: 'What happened to an order, in order',
  security: bearer,
  middleware: signedIn,
  request: { params },
  responses: {
    200: { description: 'All of it', content: { 'application/json': { schema: listOf(timelineEntrySchema) } } },
    ...problemResponses('unauthenticated', 'forbidden', 'order_not_found'),
  },
})

export function orderRoutes({ database }: { database: Database }) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(list, async (c) => {
    const { caller } = c.var
    const { status, needs_attention, limit, cursor } = c.req.valid('query')
    const before = readIdCursor(cursor, 'ord')
    const orders = await listOrders(database, {
      userId: isStaff(caller.role) ? undefined : caller.id,
      status,
      needsAttention: needs_attention === undefined ? undefined : needs_attention === 'true',
      before,
      limit: limit + 1,
    })
    return c.json(pageOf(orders, limit, { answer: orderAnswer, placeOf: ({ id }) => id }), 200)
  })

  routes.openapi(show, async (c) =>
    c.json(orderAnswer(await visibleOrder(database, c.var.caller, c.req.valid('param').id)), 200),
  )

  routes.openapi(timeline, async (c) => {
    const order = await visibleOrder(database, c.var.caller, c.req.valid('param').id)
    const entries = await listTimeline(database, order.id)
    return c.json({ data: entries.map(timelineAnswer), next_cursor: null }, 200)
  })
  return routes
}

/** An order the caller may see. Someone else's is as unknown as one that never was. */
export async function visibleOrder(database: Database, caller: Caller, orderId: string): Promise<Order> {
  if (!isId('ord', orderId)) throw new Problem('order_not_found')
  const order = (await findOrder(database, orderId)) ?? (await findCheckout(database, orderId))?.order
  if (!order || (order.userId !== caller.id && !isStaff(caller.role))) throw new Problem('order_not_found')
  return order
}
