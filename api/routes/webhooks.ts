import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import type { PaymentGateway, PaymentNotice } from '../../gateways/payment/port.ts'
import type { Database } from '../../store/database.ts'
import { recordOrderEvents } from '../../store/events.ts'
import { recordDispute, recordDisputeEnd } from '../../store/orders/index.ts'
import { findNotifiedOrder, markNoticeHandled, recordNotice } from '../../store/payment-notices.ts'
import type { ApiEnv } from '../authentication.ts'
import { problemResponses } from '../problem-responses.ts'
import { tellOrder } from '../commands/order.ts'
import type { TemporalLink } from '../commands/temporal.ts'

type WebhookDeps = {
  database: Database
  temporal: TemporalLink
  logger: Logger
  /** Checks the signature and reads the notice; the API knows nothing else of the gateway. */
  readNotice: PaymentGateway['readNotice']
}

/**
 * The gateway's notices. Each is kept before it is acted on and acknowledged only afterwards, so one that we could not
 * handle comes again. What it says is only a reason to look: the order's workflow asks the gateway itself.
 */
export function webhookRoutes({ database, temporal, logger, readNotice }: WebhookDeps) {
  const routes = new OpenAPIHono<ApiEnv>()
  // Described and not declared: its body is checked by its signature, over the bytes as they came.
  routes.openAPIRegistry.registerPath({
    method: 'post',
    path: '/v1/webhooks/payments',
    operationId: 'receivePaymentNotice',
    tags: ['operations'],
    summary: "The payment gateway's signed notices",
    request: { body: { content: { 'application/json': { schema: z.unknown() } } } },
    responses: { 204: { description: 'Taken note of' }, ...problemResponses('invalid_webhook') },
  })

  routes.post('/v1/webhooks/payments', async (c) => {
    const notice = checked(await c.req.text(), c.req.raw.headers)
    if (!notice || !ofInterest.has(notice.type)) return c.body(null, 204)
    const { orderId } = notice
    const order = orderId === undefined || isId('ord', orderId) ? await findNotifiedOrder(database, notice) : undefined
    if (!order) {
      logger.warn({ notice_id: notice.id, type: notice.type }, 'a payment notice for no order of ours')
      return c.body(null, 204)
    }
    // Most tell of what our own workflow did, and heard at once; only a customer's action is news.
    if (!ofDispute.has(notice.type) && order.paymentStatus !== 'requires_action') return c.body(null, 204)
    if ((await recordNotice(database, { ...notice, orderId: order.id })) === 'due') {
      await handle(notice, order.id)
      await markNoticeHandled(database, notice.id)
    }
    return c.body(null, 204)
  })
  return routes

  function checked(rawBody: string, headers: Headers): PaymentNotice | undefined {
    try {
      return readNotice(rawBody, headers)
    } catch (error) {
      throw new Problem('invalid_webhook', { detail: (error as Error).message })
    }
  }

  async function handle({ type, amountMinor }: PaymentNotice, orderId: string): Promise<void> {
    const told = await tellOrder(temporal, orderId, { type, amountMinor })
    if (told !== 'ended' || !ofDispute.has(type)) return
    // Nobody is left to tell: the fact is written down here, and its order asks for a person.
    if (type === 'payment.disputed') {
      if ((await recordDispute(database, { orderId, amountMinor })) === 'settled') return
      return void (await recordOrderEvents(database, orderId, [{ type }]))
    }
    const said = type === 'payment.dispute_won' ? 'won' : 'lost'
    const { outcome } = await recordDisputeEnd(database, { orderId, amountMinor, outcome: said })
    await recordOrderEvents(database, orderId, [{ type: `payment.dispute_${outcome}` }])
  }
}

const ofDispute = new Set<PaymentNotice['type']>(['payment.disputed', 'payment.dispute_won', 'payment.dispute_lost'])
const ofInterest = new Set<PaymentNotice['type']>(['payment.authorized', 'payment.declined', ...ofDispute])
