import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { Problem } from '../../domain/problems.ts'
import { isAwaited, isOpenReturn } from '../../domain/return.ts'
import type { Database } from '../../store/database.ts'
import { fingerprintOf } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import type { Return } from '../../store/returns/index.ts'
import * as messages from '../../workflows/return.messages.ts'
import { type ApiEnv, bearer, type Caller, signedIn, staffOnly } from '../authentication.ts'
import { askReturn } from '../commands/return.ts'
import { doneByBooks, unheard } from '../commands/started-work.ts'
import type { TemporalLink } from '../commands/temporal.ts'
import { keyed, keyParameter, once, replayedHeader } from '../idempotency.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { newReturnReceiptSchema, returnAnswer, returnSchema } from '../return-schemas.ts'
import { lineOfText } from '../schemas.ts'
import { visibleReturn } from './returns.ts'

const params = z.object({ id: z.string() })
const content = { 'application/json': { schema: returnSchema } }
const reasonBody = {
  content: { 'application/json': { schema: z.strictObject({ reason: lineOfText(500).optional() }) } },
}
const refusals = [
  'unauthenticated',
  'forbidden',
  'return_not_found',
  'invalid_transition',
  'idempotency_key_required',
  'idempotency_key_reuse',
  ...bodyProblems,
] as const

const decision = (path: 'approve' | 'deny', operationId: string, summary: string) =>
  createRoute({
    method: 'post',
    path: `/v1/returns/{id}/${path}`,
    operationId,
    tags: ['returns'],
    summary,
    security: bearer,
    middleware: [staffOnly, keyed] as const,
    parameters: keyParameter,
    request: { params, body: reasonBody },
    responses: {
      200: { description: 'The return as it is now', headers: replayedHeader, content },
      ...problemResponses(...refusals, 'own_return'),
    },
  })

const approve = decision('approve', 'approveReturn', 'Let the customer send the goods back')
const deny = decision('deny', 'denyReturn', 'Refuse a return')

const cancel = createRoute({
  method: 'post',
  path: '/v1/returns/{id}/cancel',
  operationId: 'cancelReturn',
  tags: ['returns'],
  summary: 'Keep the goods after all; before any of them came',
  security: bearer,
  middleware: [signedIn, keyed] as const,
  parameters: keyParameter,
  request: { params, body: reasonBody },
  responses: {
    200: { description: 'Cancelled', headers: replayedHeader, content },
    ...problemResponses(...refusals),
  },
})

const receive = createRoute({
  method: 'post',
  path: '/v1/returns/{id}/receipts',
  operationId: 'receiveReturn',
  tags: ['returns'],
  summary: 'Count in what has come back',
  description: 'Units to restock are on the shelf at once; with the last of the units the money for all goes back.',
  security: bearer,
  middleware: [staffOnly, keyed] as const,
  parameters: keyParameter,
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: newReturnReceiptSchema } } },
  },
  responses: {
    201: { description: 'Counted in', headers: replayedHeader, content },
    ...problemResponses(...refusals, 'over_receipt'),
  },
})

const retry = createRoute({
  method: 'post',
  path: '/v1/returns/{id}/retry',
  operationId: 'retryReturn',
  tags: ['returns'],
  summary: 'Have the refund of what came tried again, where it has failed',
  security: bearer,
  middleware: staffOnly,
  request: { params },
  responses: {
    200: { description: 'It is tried again', content },
    ...problemResponses('unauthenticated', 'forbidden', 'return_not_found', 'invalid_transition'),
  },
})

type ReturnDecisionDeps = {
  database: Database
  temporal: TemporalLink
  /** Search shows what can be bought. */
  nudgeSearchSync: () => void
}

export function returnDecisionRoutes({ database, temporal, nudgeSearchSync }: ReturnDecisionDeps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(approve, async (c) => {
    const ask = askOf(c, c.req.valid('json'))
    return decide(c, ask, {
      path: 'approve',
      update: messages.approveReturnUpdate,
      isPossible: ({ status }) => status === 'requested',
      isDone: ({ status, decidedBy }) =>
        decidedBy === ask.caller.id && status !== 'denied' && status !== 'requested' && status !== 'cancelled',
    })
  })

  routes.openapi(deny, async (c) => {
    const ask = askOf(c, c.req.valid('json'))
    return decide(c, ask, {
      path: 'deny',
      update: messages.denyReturnUpdate,
      isPossible: ({ status }) => status === 'requested',
      isDone: ({ status, decidedBy }) => decidedBy === ask.caller.id && status === 'denied',
    })
  })

  routes.openapi(cancel, async (c) => {
    const ask = askOf(c, c.req.valid('json'))
    return decide(c, ask, {
      path: 'cancel',
      update: messages.cancelReturnUpdate,
      isPossible: ({ status }) => status === 'requested' || status === 'approved',
      isDone: ({ status, cancelledBy }) => status === 'cancelled' && cancelledBy === ask.caller.id,
    })
  })

  routes.openapi(receive, async (c) => {
    const { caller, key, body } = askOf(c, c.req.valid('json'))
    const { id } = await visibleReturn(database, caller, c.req.valid('param').id)
    const use = {
      userId: caller.id,
      route: 'POST /v1/returns/:id/receipts',
      key,
      fingerprint: fingerprintOf({ id, ...body }),
    }
    return once(c, { database, use, resourceId: newId('rrc') }, async (receiptId) => {
      const said = { ...body, by: caller.id, receipt_id: receiptId }
      const found = await asked(caller, id, messages.receiveReturnUpdate, said, {
        isDone: ({ receipts }) => receipts.some((receipt) => receipt.id === receiptId),
        isPossible: ({ status }) => isAwaited(status),
      })
      nudgeSearchSync()
      return { status: 201, body: returnAnswer(found) }
    })
  })

  routes.openapi(retry, async (c) => {
    const { caller } = c.var
    const { id } = await visibleReturn(database, caller, c.req.valid('param').id)
    const heard = await askReturn(temporal, messages.retryReturnUpdate, id, { by: caller.id })
    const found = await visibleReturn(database, caller, id)
    if (heard === 'unheard') throw unheard()
    if (heard === 'ended') throw over(found)
    return c.json(returnAnswer(found), 200)
  })
  return routes

  type Ask<Body> = { caller: Caller; id: string; key: string; body: Body }

  function askOf<Body extends object>(c: Context, body: Body): Ask<Body> {
    const caller: Caller = c.get('caller')
    return { caller, id: c.req.param('id') ?? '', key: c.get('idempotencyKey'), body }
  }

  /** What our books say of a return: whether something can be asked of it, and whether it was done. */
  type Books = { isPossible: (found: Return) => boolean; isDone: (found: Return) => boolean }

  type Decision = {
    path: 'approve' | 'deny' | 'cancel'
    update: typeof messages.approveReturnUpdate
  } & Books

  /** Asks it of the workflow, once for one key. */
  async function decide<Answered>(c: Context, ask: Ask<{ reason?: string | undefined }>, decision: Decision) {
    const { caller, key, body } = ask
    const { path, update, isPossible, isDone } = decision
    const before = await visibleReturn(database, caller, ask.id)
    const use = {
      userId: caller.id,
      route: `POST /v1/returns/:id/${path}`,
      key,
      fingerprint: fingerprintOf({ id: before.id, ...body }),
    }
    return once<Answered>(c, { database, use, resourceId: before.id }, async (id, isFirst) => {
      if (isFirst && !isPossible(before)) throw over(before)
      const said = { by: caller.id, ...(body.reason !== undefined && { reason: body.reason }) }
      return { status: 200, body: returnAnswer(await asked(caller, id, update, said, { isPossible, isDone })) }
    })
  }

  function asked<Request>(
    caller: Caller,
    id: string,
    update: Parameters<typeof askReturn<Request>>[1],
    said: Request,
    { isPossible, isDone }: Books,
  ): Promise<Return> {
    return doneByBooks(askReturn(temporal, update, id, said), {
      look: () => visibleReturn(database, caller, id),
      ...{ isDone, isOpen: ({ status }) => isOpenReturn(status), isAwaited: isPossible, over },
    })
  }
}

const over = ({ status }: Return): Problem => new Problem('invalid_transition', { detail: `The return is ${status}` })
