import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { UpdateDefinition } from '@temporalio/common'
import { Problem } from '../../domain/problems.ts'
import type { RefundStatus } from '../../domain/refund.ts'
import type { Database } from '../../store/database.ts'
import * as messages from '../../workflows/refund.messages.ts'
import { type ApiEnv, bearer, type Caller, staffOnly } from '../authentication.ts'
import { askRefund } from '../commands/refund.ts'
import { unheard } from '../commands/started-work.ts'
import type { TemporalLink } from '../commands/temporal.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { refundAnswer, refundSchema } from '../refund-schemas.ts'
import { lineOfText } from '../schemas.ts'
import { visibleRefund } from './refunds.ts'

const params = z.object({ id: z.string() })

const decision = (path: 'approve' | 'reject' | 'retry', operationId: string, summary: string) =>
  createRoute({
    method: 'post',
    path: `/v1/refunds/{id}/${path}`,
    operationId,
    tags: ['refunds'],
    summary,
    security: bearer,
    middleware: staffOnly,
    request: {
      params,
      body: {
        content: { 'application/json': { schema: z.strictObject({ reason: lineOfText(500).optional() }) } },
      },
    },
    responses: {
      200: { description: 'The refund as it is now', content: { 'application/json': { schema: refundSchema } } },
      ...problemResponses(
        'unauthenticated',
        'forbidden',
        'own_refund',
        'refund_not_found',
        'invalid_transition',
        ...bodyProblems,
      ),
    },
  })

const approve = decision(
  'approve',
  'approveRefund',
  'Let a refund go out that waits for it; not by whoever asked for it',
)
const reject = decision('reject', 'rejectRefund', 'Refuse a refund that waits for approval')
const retry = decision('retry', 'retryRefund', 'Have a refund tried again that the gateway refused')

type Decision<Request> = {
  update: UpdateDefinition<RefundStatus, [Request]>
  /** Where a refund stands that waits for this. */
  awaited: RefundStatus
  said: Request
}

export function refundDecisionRoutes({ database, temporal }: { database: Database; temporal: TemporalLink }) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(approve, async (c) =>
    c.json(
      await decide(c.var.caller, c.req.valid('param').id, {
        update: messages.approveRefundUpdate,
        awaited: 'pending_approval',
        said: c.req.valid('json'),
      }),
      200,
    ),
  )
  routes.openapi(reject, async (c) =>
    c.json(
      await decide(c.var.caller, c.req.valid('param').id, {
        update: messages.rejectRefundUpdate,
        awaited: 'pending_approval',
        said: c.req.valid('json'),
      }),
      200,
    ),
  )
  routes.openapi(retry, async (c) => {
    const said = { action: 'retry' as const }
    const retried = { update: messages.resolveRefundUpdate, awaited: 'failed', said } as const
    return c.json(await decide(c.var.caller, c.req.valid('param').id, retried), 200)
  })
  return routes

  async function decide<Request extends object>(
    caller: Caller,
    id: string,
    { update, awaited, said }: Decision<Request>,
  ) {
    const { id: refundId, status: before } = await visibleRefund(database, caller, id)
    const heard = await askRefund(temporal, update, refundId, { ...said, by: caller.id }).catch(async (error) => {
      if (!(error instanceof Problem) || error.code !== 'invalid_transition') throw error
      // After a crash the workflow is behind what it wrote, for as long as its task takes to come back.
      const { status } = await visibleRefund(database, caller, refundId)
      throw status === awaited ? unheard() : error
    })
    const refund = await visibleRefund(database, caller, refundId)
    if (heard === 'ended') throw new Problem('invalid_transition', { detail: `The refund is ${refund.status}` })
    if (heard === 'unheard' && refund.status === before) throw unheard()
    return refundAnswer(refund)
  }
}
