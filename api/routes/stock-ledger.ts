import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { Problem } from '../../domain/problems.ts'
import { inTransaction } from '../../store/database.ts'
import { type Answer, claimKey, fingerprintOf, recordAnswer } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import { adjustStock, findStock, listLedger, MAX_ON_HAND } from '../../store/inventory.ts'
import type { AppDeps } from '../app.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { give, keyed, keyParameter, refusal, replay, replayedHeader } from '../idempotency.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { cursorParameter, lineOfText, listOf, pageSize, readCursor, timeSchema, writeCursor } from '../schemas.ts'
import { productIdOf, stockAnswer, stockParams as params, stockSchema } from '../stock-schemas.ts'

const changeType = z.enum(['in', 'out', 'adjustment'])

const entrySchema = z
  .object({
    change: z.int(),
    type: changeType,
    reason: z.string(),
    order_id: z.string().nullable(),
    created_at: timeSchema,
  })
  .openapi('LedgerEntry')

const newAdjustmentSchema = z
  .strictObject({
    change: z.int().min(-MAX_ON_HAND).max(MAX_ON_HAND).openapi({
      description:
        'Units: above zero for `in`, either sign for `adjustment`; `out` always takes away, whatever the sign',
      example: 25,
    }),
    type: changeType,
    reason: lineOfText(500).openapi({ example: 'counted again' }),
  })
  .refine(({ change, type }) => (type === 'in' ? change > 0 : change !== 0), {
    error: 'Must be above zero for in, and not zero for out and adjustment',
    path: ['change'],
  })
  .transform((given) => (given.type === 'out' ? { ...given, change: -Math.abs(given.change) } : given))
  .openapi('NewAdjustment')

const adjustmentSchema = z
  .object({ id: z.string(), change: z.int(), type: changeType, reason: z.string(), inventory: stockSchema })
  .openapi('Adjustment')

const ledger = createRoute({
  method: 'get',
  path: '/v1/inventory/{product_id}/ledger',
  operationId: 'listLedger',
  tags: ['inventory'],
  summary: 'Why the stock is what it is',
  description: 'Oldest first. The changes of all pages sum to `on_hand`.',
  security: bearer,
  middleware: staffOnly,
  request: { params, query: z.strictObject({ limit: pageSize(1_000, 1_000), cursor: cursorParameter }) },
  responses: {
    200: { description: 'A page of the ledger', content: { 'application/json': { schema: listOf(entrySchema) } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'product_not_found', 'invalid_request'),
  },
})

const adjust = createRoute({
  method: 'post',
  path: '/v1/inventory/{product_id}/adjustments',
  operationId: 'adjustStock',
  tags: ['inventory'],
  summary: 'Put units onto the shelf or take them off',
  security: bearer,
  middleware: [staffOnly, keyed] as const,
  parameters: keyParameter,
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: newAdjustmentSchema } } },
  },
  responses: {
    201: {
      description: 'Done, and in the ledger',
      headers: replayedHeader,
      content: { 'application/json': { schema: adjustmentSchema } },
    },
    ...problemResponses(
      'idempotency_key_required',
      'unauthenticated',
      'forbidden',
      'product_not_found',
      'insufficient_stock',
      'idempotency_key_reuse',
      ...bodyProblems,
    ),
  },
})

export function stockLedgerRoutes({ database, nudgeSearchSync }: Pick<AppDeps, 'database' | 'nudgeSearchSync'>) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(ledger, async (c) => {
    const productId = productIdOf(c.req.valid('param'))
    const { limit, cursor } = c.req.valid('query')
    const afterId = readCursor(cursor, () => z.int().min(1)) ?? 0
    const { entries, hasMore } = await listLedger(database, productId, { afterId, limit })
    if (entries.length === 0 && !(await findStock(database, productId))) throw new Problem('product_not_found')
    const data = entries.map(({ change, type, reason, orderId, createdAt }) => ({
      change,
      type,
      reason,
      order_id: orderId,
      created_at: createdAt.toISOString(),
    }))
    return c.json({ data, next_cursor: hasMore ? writeCursor(entries.at(-1)?.id) : null }, 200)
  })

  routes.openapi(adjust, async (c) => {
    const productId = productIdOf(c.req.valid('param'))
    const body = c.req.valid('json')
    const use = {
      userId: c.var.caller.id,
      route: 'POST /v1/inventory/:product_id/adjustments',
      key: c.var.idempotencyKey,
      fingerprint: fingerprintOf({ productId, ...body }),
    }
    // Key, effect and answer in one transaction: a repeat that comes meanwhile waits for the key's row and hears the answer.
    const { answer, isRepeat } = await inTransaction(database, async (tx) => {
      const claim = await claimKey(tx, use, newId('adj'))
      if (claim.answer) return { answer: claim.answer, isRepeat: true }
      const answer = answerOf(
        await adjustStock(tx, { id: claim.resourceId, productId, ...body }),
        claim.resourceId,
        body,
      )
      await recordAnswer(tx, use, answer)
      return { answer, isRepeat: false }
    })
    if (isRepeat) return replay(c, answer)
    nudgeSearchSync()
    return give(c, answer)
  })
  return routes
}

function answerOf(
  { outcome, stock }: Awaited<ReturnType<typeof adjustStock>>,
  id: string,
  body: z.infer<typeof newAdjustmentSchema>,
): Answer {
  if (outcome === 'adjusted' && stock) return { status: 201, body: { id, ...body, inventory: stockAnswer(stock) } }
  if (outcome === 'insufficient_stock') {
    return refusal(new Problem('insufficient_stock', { inventory: stock && stockAnswer(stock) }))
  }
  if (outcome === 'unknown_product') throw new Problem('product_not_found')
  throw new Problem('invalid_request', { errors: [{ path: 'change', message: `Would make more than ${MAX_ON_HAND}` }] })
}
