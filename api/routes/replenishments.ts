import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import { isOpen, type ReplenishmentStatus } from '../../domain/replenishment.ts'
import type { Database } from '../../store/database.ts'
import { fingerprintOf } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import { findReplenishment, listReplenishments, type Replenishment } from '../../store/replenishments/index.ts'
import * as messages from '../../workflows/replenishment.messages.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { askReplenishment, requestReplenishment } from '../commands/replenishment.ts'
import { unheard } from '../commands/started-work.ts'
import type { TemporalLink } from '../commands/temporal.ts'
import { idempotencyHeaders, isAnswer, once, replayedHeader } from '../idempotency.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import {
  newReceiptSchema,
  newReplenishmentSchema,
  replenishmentAnswer,
  replenishmentSchema,
  replenishmentStatusSchema,
} from '../replenishment-schemas.ts'
import { cursorParameter, limitParameter, lineOfText, listOf, readCursor, writeCursor } from '../schemas.ts'

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
  middleware: staffOnly,
  request: {
    headers: idempotencyHeaders,
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

const receive = createRoute({
  method: 'post',
  path: '/v1/replenishments/{id}/receipts',
  operationId: 'receiveUnits',
  tags: ['replenishments'],
  summary: 'Count units in that have come',
  description: 'They are on the shelf and in the ledger at once. More than was ordered is refused.',
  security: bearer,
  middleware: staffOnly,
  request: {
    params,
    headers: idempotencyHeaders,
    body: { required: true, content: { 'application/json': { schema: newReceiptSchema } } },
  },
  responses: {
    201: { description: 'Counted in', headers: replayedHeader, content },
    ...problemResponses(
      'idempotency_key_required',
      'unauthenticated',
      'forbidden',
      'replenishment_not_found',
      'over_receipt',
      'invalid_transition',
      'idempotency_key_reuse',
      ...bodyProblems,
    ),
  },
})

const cancel = createRoute({
  method: 'post',
  path: '/v1/replenishments/{id}/cancel',
  operationId: 'cancelReplenishment',
  tags: ['replenishments'],
  summary: 'Stop waiting for what has not come; what has come stays',
  security: bearer,
  middleware: staffOnly,
  request: {
    params,
    headers: idempotencyHeaders,
    body: { content: { 'application/json': { schema: z.strictObject({ reason: lineOfText(500).optional() }) } } },
  },
  responses: {
    200: { description: 'Cancelled', headers: replayedHeader, content },
    ...problemResponses(
      'idempotency_key_required',
      'unauthenticated',
      'forbidden',
      'replenishment_not_found',
      'invalid_transition',
      'idempotency_key_reuse',
      ...bodyProblems,
    ),
  },
})

type ReplenishmentDeps = {
  database: Database
  temporal: TemporalLink
  policy: Pick<messages.ReplenishmentInput, 'lateAfterMs' | 'suppliers'>
  /** Search shows what can be bought. */
  nudgeSearchSync: () => void
}

export function replenishmentRoutes({ database, temporal, policy, nudgeSearchSync }: ReplenishmentDeps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(open, async (c) => {
    const { caller } = c.var
    const { product_id: productId, quantity } = c.req.valid('json')
    const use = {
      userId: caller.id,
      route: 'POST /v1/replenishments',
      key: c.req.valid('header')['idempotency-key'],
      fingerprint: fingerprintOf({ productId, quantity }),
    }
    if (!isId('prd', productId)) throw new Problem('product_not_found')
    return once(c, { database, use, resourceId: newId('po') }, async (replenishmentId) => {
      const input = { replenishmentId, productId, quantity, requestedBy: caller.id, ...policy }
      const heard = await requestReplenishment(temporal, input)
      const replenishment = await findReplenishment(database, replenishmentId)
      if (!replenishment || heard === 'unheard') throw unheard()
      return { status: 201, body: replenishmentAnswer(replenishment) }
    })
  })

  routes.openapi(list, async (c) => {
    const { product_id, status, needs_attention, limit, cursor } = c.req.valid('query')
    const replenishments = await listReplenishments(database, {
      productId: product_id,
      status,
      needsAttention: needs_attention === undefined ? undefined : needs_attention === 'true',
      before: readCursor(
        cursor,
        z.string().refine((id) => isId('po', id)),
      ),
      limit: limit + 1,
    })
    const page = replenishments.slice(0, limit)
    const next = replenishments.length > limit ? writeCursor(page.at(-1)?.id) : null
    return c.json({ data: page.map(replenishmentAnswer), next_cursor: next }, 200)
  })

  routes.openapi(show, async (c) => c.json(replenishmentAnswer(await known(c.req.valid('param').id)), 200))

  routes.openapi(receive, async (c) => {
    const { id } = await known(c.req.valid('param').id)
    const { quantity } = c.req.valid('json')
    const use = {
      userId: c.var.caller.id,
      route: 'POST /v1/replenishments/:id/receipts',
      key: c.req.valid('header')['idempotency-key'],
      fingerprint: fingerprintOf({ id, quantity }),
    }
    return once(c, { database, use, resourceId: newId('rcp') }, async (receiptId) => {
      const said = { quantity, by: c.var.caller.id, receipt_id: receiptId }
      const isDone = ({ receipts }: Replenishment) => receipts.some((receipt) => receipt.id === receiptId)
      const replenishment = await asked(id, messages.receiveUpdate, said, isDone)
      nudgeSearchSync()
      return { status: 201, body: replenishmentAnswer(replenishment) }
    })
  })

  routes.openapi(cancel, async (c) => {
    const { id, status: before } = await known(c.req.valid('param').id)
    const said = { ...c.req.valid('json'), by: c.var.caller.id }
    const use = {
      userId: c.var.caller.id,
      route: 'POST /v1/replenishments/:id/cancel',
      key: c.req.valid('header')['idempotency-key'],
      fingerprint: fingerprintOf({ id, ...said }),
    }
    return once(c, { database, use, resourceId: id }, async (_, isFirst) => {
      if (isFirst && !isOpen(before)) throw over(before)
      const isDone = ({ status, cancelledBy }: Replenishment) => status === 'cancelled' && cancelledBy === said.by
      const cancelled = await asked(id, messages.cancelReplenishmentUpdate, said, isDone)
      return { status: 200, body: replenishmentAnswer(cancelled) }
    })
  })
  return routes

  /** Asks it of the workflow. Our books say whether it was done, also where the answer got lost. */
  async function asked<Request>(
    id: string,
    update: Parameters<typeof askReplenishment<Request>>[1],
    said: Request,
    isDone: (replenishment: Replenishment) => boolean,
  ): Promise<Replenishment> {
    const refused = await askReplenishment(temporal, update, id, said).catch((error: unknown) => {
      if (isAnswer(error)) return error
      throw error
    })
    const replenishment = await known(id)
    if (isDone(replenishment)) return replenishment
    if (refused instanceof Problem) throw refused
    if (refused === 'ended') throw over(replenishment.status)
    throw unheard()
  }

  async function known(id: string): Promise<Replenishment> {
    const replenishment = isId('po', id) ? await findReplenishment(database, id) : undefined
    if (!replenishment) throw new Problem('replenishment_not_found')
    return replenishment
  }
}

const over = (status: ReplenishmentStatus): Problem =>
  new Problem('invalid_transition', { detail: `The replenishment is ${status}` })
