import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import { needsApproval, quoteRefund, refundableMinor, type Requester } from '../../domain/refund.ts'
import { isStaff } from '../../domain/roles.ts'
import type { Database } from '../../store/database.ts'
import { fingerprintOf } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import { findRefund, findRefundable, listRefunds, type Refund } from '../../store/refunds/index.ts'
import type { RefundInput } from '../../workflows/refund.messages.ts'
import { type ApiEnv, bearer, type Caller, signedIn } from '../authentication.ts'
import { requestRefund } from '../commands/refund.ts'
import type { WorkDeps } from '../commands/started-work.ts'
import { keyed, keyParameter, once, replayedHeader } from '../idempotency.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import {
  type NewRefund,
  newRefundSchema,
  refundAnswer,
  refundPreviewSchema,
  refundSchema,
  refundStatusSchema,
  wishOf,
} from '../refund-schemas.ts'
import { cursorParameter, limitParameter, listOf, pageOf, readIdCursor } from '../schemas.ts'
import { visibleOrder } from './orders.ts'

const params = z.object({ id: z.string() })
const refundContent = { 'application/json': { schema: refundSchema } }
const newRefundBody = { required: true, content: { 'application/json': { schema: newRefundSchema } } }

const request = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/refunds',
  operationId: 'requestRefund',
  tags: ['refunds'],
  summary: 'Give money back, and units onto the shelf',
  description:
    'What staff ask for goes out at once up to a limit and within a time after the payment; beyond either, and whatever ' +
    'customers ask for, waits for somebody of the shop to approve it.',
  security: bearer,
  middleware: [signedIn, keyed] as const,
  parameters: keyParameter,
  request: { params, body: newRefundBody },
  responses: {
    201: {
      description: 'Decided: it succeeded, or the gateway refused',
      headers: replayedHeader,
      content: refundContent,
    },
    202: { description: 'Waits for approval, or is still on its way', headers: replayedHeader, content: refundContent },
    ...problemResponses(
      'idempotency_key_required',
      'unauthenticated',
      'forbidden',
      'order_not_found',
      'refund_exceeds_captured',
      'idempotency_key_reuse',
      ...bodyProblems,
    ),
  },
})

const preview = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/refunds/preview',
  operationId: 'previewRefund',
  tags: ['refunds'],
  summary: 'What a refund would come to; nothing is done',
  security: bearer,
  middleware: signedIn,
  request: { params, body: newRefundBody },
  responses: {
    200: { description: 'What would happen', content: { 'application/json': { schema: refundPreviewSchema } } },
    ...problemResponses('unauthenticated', 'forbidden', 'order_not_found', 'refund_exceeds_captured', ...bodyProblems),
  },
})

const list = createRoute({
  method: 'get',
  path: '/v1/refunds',
  operationId: 'listRefunds',
  tags: ['refunds'],
  summary: 'Refunds of own orders, newest first; staff see all',
  security: bearer,
  middleware: signedIn,
  request: {
    query: z.strictObject({
      order_id: z.string().optional(),
      status: refundStatusSchema.optional(),
      needs_attention: z.enum(['true', 'false']).optional(),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: { description: 'A page of refunds', content: { 'application/json': { schema: listOf(refundSchema) } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/refunds/{id}',
  operationId: 'getRefund',
  tags: ['refunds'],
  summary: 'A refund',
  security: bearer,
  middleware: signedIn,
  request: { params },
  responses: {
    200: { description: 'The refund', content: refundContent },
    ...problemResponses('unauthenticated', 'forbidden', 'refund_not_found'),
  },
})

type RefundDeps = WorkDeps & {
  policy: Pick<RefundInput, 'approval' | 'remindAfterMs' | 'escalateAfterMs'>
}

export function refundRoutes(deps: RefundDeps) {
  const { database, policy } = deps
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(request, async (c) => {
    const { caller } = c.var
    const body = c.req.valid('json')
    const order = await visibleOrder(database, caller, c.req.valid('param').id)
    checkCurrency(body, order.currency)
    const use = {
      userId: caller.id,
      route: 'POST /v1/orders/:id/refunds',
      key: c.var.idempotencyKey,
      fingerprint: fingerprintOf({ orderId: order.id, ...body }),
    }
    const wish = { ...wishOf(body), orderId: order.id, reason: body.reason, requester: requesterOf(caller) }
    return once(c, { database, use, resourceId: newId('re') }, async (refundId, isFirst) => {
      const input = { refundId, ...wish, ...policy }
      const refund = await requestRefund(deps, { input, summary: summaryOf(wish), isFirst })
      const isOpen = refund.status === 'pending_approval' || refund.status === 'processing'
      return { status: isOpen ? 202 : 201, body: refundAnswer(refund) }
    })
  })

  routes.openapi(preview, async (c) => {
    const { caller } = c.var
    const body = c.req.valid('json')
    const order = await visibleOrder(database, caller, c.req.valid('param').id)
    checkCurrency(body, order.currency)
    const refundable = await findRefundable(database, order.id)
    if (!refundable) throw new Problem('refund_exceeds_captured')
    const quote = quoteRefund(wishOf(body), refundable)
    if (quote.outcome === 'refused') throw new Problem(quote.problem, { detail: quote.detail })
    const money = (amount: number) => ({ amount, currency: refundable.currency })
    const waits = needsApproval(quote.amountMinor, refundable, requesterOf(caller), policy.approval)
    return c.json(
      {
        order_id: order.id,
        amount: money(quote.amountMinor),
        refundable: money(refundableMinor(refundable)),
        needs_approval: waits,
      },
      200,
    )
  })

  routes.openapi(list, async (c) => {
    const { caller } = c.var
    const { order_id, status, needs_attention, limit, cursor } = c.req.valid('query')
    const before = readIdCursor(cursor, 're')
    const refunds = await listRefunds(database, {
      orderId: order_id,
      userId: isStaff(caller.role) ? undefined : caller.id,
      status,
      needsAttention: needs_attention === undefined ? undefined : needs_attention === 'true',
      before,
      limit: limit + 1,
    })
    return c.json(pageOf(refunds, limit, { answer: refundAnswer, placeOf: ({ id }) => id }), 200)
  })

  routes.openapi(show, async (c) =>
    c.json(refundAnswer(await visibleRefund(database, c.var.caller, c.req.valid('param').id)), 200),
  )
  return routes
}

const requesterOf = ({ id, role }: Caller): Requester => ({ id, isStaff: isStaff(role) })

function checkCurrency({ amount }: NewRefund, currency: string): void {
  if (amount && amount.currency !== currency)
    throw new Problem('invalid_request', {
      errors: [{ path: 'amount.currency', message: `The order was paid in ${currency}` }],
    })
}

/** A refund the caller may see. Someone else's is as unknown as one that never was. */
export async function visibleRefund(database: Database, caller: Caller, refundId: string): Promise<Refund> {
  const refund = isId('re', refundId) ? await findRefund(database, refundId) : undefined
  if (!refund || (refund.userId !== caller.id && !isStaff(caller.role))) throw new Problem('refund_not_found')
  return refund
}

function summaryOf({
  amountMinor,
  items,
}: {
  amountMinor?: number | undefined
  items: { quantity: number }[]
}): string {
  const units = items.reduce((sum, { quantity }) => sum + quantity, 0)
  if (amountMinor !== undefined) return `Refund of ${amountMinor} minor units`
  return units === 0 ? 'Refund of all that is left' : `Refund of ${units} ${units === 1 ? 'unit' : 'units'}`
}
