import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import { fingerprintOf } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import { findReplenishment, listReplenishments, type Replenishment } from '../../store/replenishments/index.ts'
import type { ReplenishmentInput } from '../../workflows/replenishment.messages.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { requestReplenishment } from '../commands/replenishment.ts'
import type { WorkDeps } from '../commands/started-work.ts'
import { keyed, keyParameter, once, replayedHeader } from '../idempotency.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import {
  newReplenishmentSchema,
  replenishmentAnswer,
  replenishmentSchema,
  replenishmentStatusSchema,
} from '../replenishment-schemas.ts'
import { cursorParameter, limitParameter, listOf, pageOf, readIdCursor } from '../schemas.ts'

const params = z.object({ id: z.string() })
const content = { 'application/json': { schema: replenishmentSchema } }

const open = createRoute({
  method: 'post',
  path: '/v1/replenishments',
  operationId: 'openReplenishment',
  tags: ['replenishments'],
  summary: 'Order units for the shelf',
  description: 'Of a product one replenishment is open at a time.',
  security: bearer,
  middleware: [staffOnly, keyed] as const,
  parameters: keyParameter,
  request: {
    body: { required: true, content: { 'application/json': { schema: newReplenishmentSchema } } },
  },
  responses: {
    201: { description: 'The units are on order', headers: replayedHeader, content },
    ...problemResponses(
      'idempotency_key_required',
      'unauthenticated',
      'forbidden',
      'product_not_found',
      'replenishment_open',
      'idempotency_key_reuse',
      ...bodyProblems,
    ),
  },
})

const list = createRoute({
  method: 'get',
  path: '/v1/replenishments',
  operationId: 'listReplenishments',
  tags: ['replenishments'],
  summary: 'Replenishments, newest first',
  security: bearer,
  middleware: staffOnly,
  request: {
    query: z.strictObject({
      product_id: z.string().optional(),
      status: replenishmentStatusSchema.optional(),
      needs_attention: z.enum(['true', 'false']).optional(),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: {
      description: 'A page of replenishments',
      content: { 'application/json': { schema: listOf(replenishmentSchema) } },
    },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/replenishments/{id}',
  operationId: 'getReplenishment',
  tags: ['replenishments'],
  summary: 'A replenishment',
  security: bearer,
  middleware: staffOnly,
  request: { params },
  responses: {
    200: { description: 'The replenishment', content },
    ...problemResponses('unauthenticated', 'forbidden', 'replenishment_not_found'),
  },
})

type ReplenishmentDeps = WorkDeps & {
  policy: Pick<ReplenishmentInput, 'lateAfterMs' | 'suppliers'>
}

export function replenishmentRoutes(deps: ReplenishmentDeps) {
  const { database, policy } = deps
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(open, async (c) => {
    const { caller } = c.var
    const { product_id: productId, quantity } = c.req.valid('json')
    const use = {
      userId: caller.id,
      route: 'POST /v1/replenishments',
      key: c.var.idempotencyKey,
      fingerprint: fingerprintOf({ productId, quantity }),
    }
    if (!isId('prd', productId)) throw new Problem('product_not_found')
    return once(c, { database, use, resourceId: newId('po') }, async (replenishmentId, isFirst) => {
      const input = { replenishmentId, productId, quantity, requestedBy: caller.id, ...policy }
      return { status: 201, body: replenishmentAnswer(await requestReplenishment(deps, input, isFirst)) }
    })
  })

  routes.openapi(list, async (c) => {
    const { product_id, status, needs_attention, limit, cursor } = c.req.valid('query')
    const replenishments = await listReplenishments(database, {
      productId: product_id,
      status,
      needsAttention: needs_attention === undefined ? undefined : needs_attention === 'true',
      before: readIdCursor(cursor, 'po'),
      limit: limit + 1,
    })
    return c.json(pageOf(replenishments, limit, { answer: replenishmentAnswer, placeOf: ({ id }) => id }), 200)
  })

  routes.openapi(show, async (c) =>
    c.json(replenishmentAnswer(await knownReplenishment(database, c.req.valid('param').id)), 200),
  )

  return routes
}

export async function knownReplenishment(database: Database, id: string): Promise<Replenishment> {
  const replenishment = isId('po', id) ? await findReplenishment(database, id) : undefined
  if (!replenishment) throw new Problem('replenishment_not_found')
  return replenishment
}
