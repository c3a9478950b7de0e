import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import { isStaff } from '../../domain/roles.ts'
import type { Database } from '../../store/database.ts'
import { fingerprintOf } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import { findReturn, listReturns, type Return } from '../../store/returns/index.ts'
import type { ReturnInput } from '../../workflows/return.messages.ts'
import { type ApiEnv, bearer, type Caller, signedIn } from '../authentication.ts'
import { requestReturn } from '../commands/return.ts'
import type { WorkDeps } from '../commands/started-work.ts'
import { keyed, keyParameter, once, replayedHeader } from '../idempotency.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { newReturnSchema, returnAnswer, returnSchema, returnStatusSchema } from '../return-schemas.ts'
import { cursorParameter, limitParameter, listOf, pageOf, readIdCursor } from '../schemas.ts'
import { visibleOrder } from './orders.ts'

const params = z.object({ id: z.string() })
const content = { 'application/json': { schema: returnSchema } }

const request = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/returns',
  operationId: 'requestReturn',
  tags: ['returns'],
  summary: 'Send goods back for their money',
  description: 'Of an order that was shipped, within a time after its delivery. The shop approves or denies it.',
  security: bearer,
  middleware: [signedIn, keyed] as const,
  parameters: keyParameter,
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: newReturnSchema } } },
  },
  responses: {
    201: { description: 'The shop will decide', headers: replayedHeader, content },
    ...problemResponses(
      'idempotency_key_required',
      'unauthenticated',
      'forbidden',
      'order_not_found',
      'not_returnable',
      'return_window_over',
      'return_exceeds_bought',
      'idempotency_key_reuse',
      ...bodyProblems,
    ),
  },
})

const list = createRoute({
  method: 'get',
  path: '/v1/returns',
  operationId: 'listReturns',
  tags: ['returns'],
  summary: 'Returns of own orders, newest first; staff see all',
  security: bearer,
  middleware: signedIn,
  request: {
    query: z.strictObject({
      order_id: z.string().optional(),
      status: returnStatusSchema.optional(),
      needs_attention: z.enum(['true', 'false']).optional(),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: { description: 'A page of returns', content: { 'application/json': { schema: listOf(returnSchema) } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/returns/{id}',
  operationId: 'getReturn',
  tags: ['returns'],
  summary: 'A return',
  security: bearer,
  middleware: signedIn,
  request: { params },
  responses: {
    200: { description: 'The return', content },
    ...problemResponses('unauthenticated', 'forbidden', 'return_not_found'),
  },
})

type ReturnDeps = WorkDeps & {
  policy: Omit<ReturnInput, 'returnId' | 'orderId' | 'items' | 'reason' | 'requester'>
}

export function returnRoutes(deps: ReturnDeps) {
  const { database, policy } = deps
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(request, async (c) => {
    const { caller } = c.var
    const body = c.req.valid('json')
    const { id: orderId } = await visibleOrder(database, caller, c.req.valid('param').id)
    const use = {
      userId: caller.id,
      route: 'POST /v1/orders/:id/returns',
      key: c.var.idempotencyKey,
      fingerprint: fingerprintOf({ orderId, ...body }),
    }
    const items = body.items.map(({ product_id, quantity }) => ({ productId: product_id, quantity }))
    const requester = { id: caller.id, isStaff: isStaff(caller.role) }
    return once(c, { database, use, resourceId: newId('ret') }, async (returnId, isFirst) => {
      const input = { returnId, orderId, items, reason: body.reason, requester, ...policy }
      return { status: 201, body: returnAnswer(await requestReturn(deps, input, isFirst)) }
    })
  })

  routes.openapi(list, async (c) => {
    const { caller } = c.var
    const { order_id, status, needs_attention, limit, cursor } = c.req.valid('query')
    const returns = await listReturns(database, {
      orderId: order_id,
      userId: isStaff(caller.role) ? undefined : caller.id,
      status,
      needsAttention: needs_attention === undefined ? undefined : needs_attention === 'true',
      before: readIdCursor(cursor, 'ret'),
      limit: limit + 1,
    })
    return c.json(pageOf(returns, limit, { answer: returnAnswer, placeOf: ({ id }) => id }), 200)
  })

  routes.openapi(show, async (c) =>
    c.json(returnAnswer(await visibleReturn(database, c.var.caller, c.req.valid('param').id)), 200),
  )
  return routes
}

/** A return the caller may see. Someone else's is as unknown as one that never was. */
export async function visibleReturn(database: Database, caller: Caller, returnId: string): Promise<Return> {
  const found = isId('ret', returnId) ? await findReturn(database, returnId) : undefined
  if (!found || (found.userId !== caller.id && !isStaff(caller.role))) throw new Problem('return_not_found')
  return found
}
