import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { Problem } from '../../domain/problems.ts'
import { isOpen, type ReplenishmentStatus } from '../../domain/replenishment.ts'
import type { Database } from '../../store/database.ts'
import { fingerprintOf } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import type { Replenishment } from '../../store/replenishments/index.ts'
import * as messages from '../../workflows/replenishment.messages.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { askReplenishment } from '../commands/replenishment.ts'
import { doneByBooks } from '../commands/started-work.ts'
import type { TemporalLink } from '../commands/temporal.ts'
import { keyed, keyParameter, once, replayedHeader } from '../idempotency.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { newReceiptSchema, replenishmentAnswer, replenishmentSchema } from '../replenishment-schemas.ts'
import { lineOfText } from '../schemas.ts'
import { knownReplenishment } from './replenishments.ts'

const params = z.object({ id: z.string() })
const content = { 'application/json': { schema: replenishmentSchema } }

const receive = createRoute({
  method: 'post',
  path: '/v1/replenishments/{id}/receipts',
  operationId: 'receiveUnits',
  tags: ['replenishments'],
  summary: 'Count units in that have come',
  description: 'They are on the shelf and in the ledger at once. More than was ordered is refused.',
  security: bearer,
  middleware: [staffOnly, keyed] as const,
  parameters: keyParameter,
  request: {
    params,
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
  middleware: [staffOnly, keyed] as const,
  parameters: keyParameter,
  request: {
    params,
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

type ReceiptDeps = {
  database: Database
  temporal: TemporalLink
  /** Search shows what can be bought. */
  nudgeSearchSync: () => void
}

export function replenishmentReceiptRoutes({ database, temporal, nudgeSearchSync }: ReceiptDeps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(receive, async (c) => {
    const { id } = await knownReplenishment(database, c.req.valid('param').id)
    const { quantity } = c.req.valid('json')
    const use = {
      userId: c.var.caller.id,
      route: 'POST /v1/replenishments/:id/receipts',
      key: c.var.idempotencyKey,
      fingerprint: fingerprintOf({ id, quantity }),
    }
    return once(c, { database, use, resourceId: newId('rcp') }, async (receiptId) => {
      const said = { quantity, by: c.var.caller.id, receipt_id: receiptId }
      const isDone = ({ receipts }: Replenishment) => receipts.some((receipt) => receipt.id === receiptId)
      const replenishment = await asked(id, { update: messages.receiveUpdate, said, isDone, over: noMore })
      nudgeSearchSync()
      return { status: 201, body: replenishmentAnswer(replenishment) }
    })
  })

  routes.openapi(cancel, async (c) => {
    const { id, status: before } = await knownReplenishment(database, c.req.valid('param').id)
    const said = { ...c.req.valid('json'), by: c.var.caller.id }
    const use = {
      userId: c.var.caller.id,
      route: 'POST /v1/replenishments/:id/cancel',
      key: c.var.idempotencyKey,
      fingerprint: fingerprintOf({ id, ...said }),
    }
    return once(c, { database, use, resourceId: id }, async (_, isFirst) => {
      if (isFirst && !isOpen(before)) throw over(before)
      const isDone = ({ status, cancelledBy }: Replenishment) => status === 'cancelled' && cancelledBy === said.by
      const cancelled = await asked(id, { update: messages.cancelReplenishmentUpdate, said, isDone, over })
      return { status: 200, body: replenishmentAnswer(cancelled) }
    })
  })
  return routes

  function asked<Request>(id: string, { update, said, isDone, over }: Asking<Request>): Promise<Replenishment> {
    const isAwaited = ({ status }: Replenishment) => isOpen(status)
    return doneByBooks(askReplenishment(temporal, update, id, said), {
      look: () => knownReplenishment(database, id),
      ...{ isDone, isOpen: isAwaited, isAwaited, over: ({ status }) => over(status) },
    })
  }
}

type Asking<Request> = {
  update: Parameters<typeof askReplenishment<Request>>[1]
  said: Request
  isDone: (replenishment: Replenishment) => boolean
  over: (status: ReplenishmentStatus) => Problem
}

const over = (status: ReplenishmentStatus): Problem =>
  new Problem('invalid_transition', { detail: `The replenishment is ${status}` })

/** Where all has come, more is more than was ordered. */
const noMore = (status: ReplenishmentStatus): Problem =>
  status === 'received' ? new Problem('over_receipt', { detail: 'Everything has come' }) : over(status)
