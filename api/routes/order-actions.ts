import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { UpdateDefinition } from '@temporalio/common'
import type { Context } from 'hono'
import type { Logger } from 'pino'
import { canBecome, type OrderStatus } from '../../domain/order.ts'
import { Problem, type ProblemCode } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import { type Answer, fingerprintOf } from '../../store/idempotency.ts'
import { clearAttention, findOrder, flagAttention, type Order } from '../../store/orders/index.ts'
import * as messages from '../../workflows/order.messages.ts'
import { type ApiEnv, bearer, type Caller, signedIn, staffOnly } from '../authentication.ts'
import { askOrder } from '../commands/order.ts'
import type { TemporalLink } from '../commands/temporal.ts'
import { keyed, keyParameter, once, replayedHeader } from '../idempotency.ts'
import { orderAnswer, orderSchema } from '../order-schemas.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { lineOfText } from '../schemas.ts'
import { visibleOrder } from './orders.ts'

const params = z.object({ id: z.string() })
const reasonSchema = z.strictObject({ reason: lineOfText(500).optional() })
const resolutionSchema = reasonSchema.extend({ action: z.enum(['retry', 'skip']).optional() })
const shipmentSchema = z
  .strictObject({ carrier: lineOfText(100), tracking_number: lineOfText(100) })
  .openapi('NewShipment')

/** The parcel that arrived may be named as it was when it left. */
const deliverySchema = reasonSchema.extend({
  carrier: lineOfText(100).optional(),
  tracking_number: lineOfText(100).optional(),
})

const orderProblems = [
  'idempotency_key_required',
  'unauthenticated',
  'forbidden',
  'order_not_found',
  'idempotency_key_reuse',
  ...bodyProblems,
] as const

const answers = { headers: replayedHeader, content: { 'application/json': { schema: orderSchema } } }

const cancel = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/cancel',
  operationId: 'cancelOrder',
  tags: ['orders'],
  summary: 'Cancel an order that is not shipped yet; money and stock go back',
  security: bearer,
  middleware: [signedIn, keyed] as const,
  parameters: keyParameter,
  request: { params, body: { content: { 'application/json': { schema: reasonSchema } } } },
  responses: {
    200: { description: 'Cancelled', ...answers },
    ...problemResponses(...orderProblems, 'not_cancellable'),
  },
})

const ship = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/shipments',
  operationId: 'shipOrder',
  tags: ['orders'],
  summary: 'Note that the parcel left; captures the payment where that was left to now',
  security: bearer,
  middleware: [staffOnly, keyed] as const,
  parameters: keyParameter,
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: shipmentSchema } } },
  },
  responses: {
    201: { description: 'Shipped', ...answers },
    ...problemResponses(...orderProblems, 'invalid_transition', 'capture_failed'),
  },
})

const staffAction = <Body extends z.ZodType>(
  path: string,
  operationId: string,
  summary: string,
  description: string,
  body: Body,
) =>
  createRoute({
    method: 'post',
    path: `/v1/orders/{id}/${path}`,
    operationId,
    tags: ['orders'],
    summary,
    security: bearer,
    middleware: [staffOnly, keyed] as const,
    parameters: keyParameter,
    request: {
      params,
      body: { content: { 'application/json': { schema: body } } },
    },
    responses: { 201: { description, ...answers }, ...problemResponses(...orderProblems, 'invalid_transition') },
  })

const deliver = staffAction('deliveries', 'deliverOrder', 'Note that the parcel arrived', 'Delivered', deliverySchema)
const approve = staffAction(
  'approve',
  'approveOrder',
  'Let an order go on that waits for a decision',
  'Approved',
  reasonSchema,
)
const reject = staffAction(
  'reject',
  'rejectOrder',
  'Refuse an order that waits for a decision; it is undone',
  'Rejected',
  reasonSchema,
)
const resolve = staffAction(
  'resolve',
  'resolveOrder',
  'Say that a person has seen to the order; an undo that was refused is tried again, or left with action skip',
  'Seen to',
  resolutionSchema,
)

type Action<Request> = {
  path: string
  update: UpdateDefinition<OrderStatus, [Request]>
  request: Request
  /** The problem of an order that has already come to its end. */
  refusal: ProblemCode
  status: 200 | 201
  /** Whether the order, as everyone sees it, waits for just this. */
  isAwaited?: (order: Order) => boolean
  /** What there is to do instead when the order has ended; without it the request is refused. */
  whenEnded?: () => Promise<void>
}

type Ask = { caller: Caller; orderId: string; key: string; body: object }

type OrderActionDeps = { database: Database; temporal: TemporalLink; logger: Logger }

export function orderActionRoutes({ database, temporal, logger }: OrderActionDeps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(cancel, async (c) => {
    const ask = askOf(c)
    const { id, userId } = await visibleOrder(database, ask.caller, ask.orderId)
    const by = userId === ask.caller.id ? 'customer' : staff(ask.caller)
    const request = { ...ask.body, by }
    return act(
      c,
      { ...ask, orderId: id },
      { path: 'cancel', update: messages.cancelUpdate, request, refusal: 'not_cancellable', status: 200 },
    )
  })
  routes.openapi(ship, async (c) => {
    const request = { ...c.req.valid('json'), by: staff(c.var.caller) }
    return act(c, askOf(c), {
      ...staffAct,
      path: 'shipments',
      update: messages.shipUpdate,
      request,
      isAwaited: (order) => mayBecome('shipped')(order) && order.paymentStatus !== 'refunded',
    })
  })
  routes.openapi(deliver, async (c) => {
    const request = { by: staff(c.var.caller) }
    return act(c, askOf(c), {
      ...staffAct,
      path: 'deliveries',
      update: messages.deliverUpdate,
      request,
      isAwaited: mayBecome('delivered'),
    })
  })
  routes.openapi(approve, async (c) => {
    const request = { ...c.req.valid('json'), by: staff(c.var.caller) }
    return act(c, askOf(c), {
      ...staffAct,
      path: 'approve',
      update: messages.approveUpdate,
      request,
      isAwaited: isInReview,
    })
  })
  routes.openapi(reject, async (c) => {
    const request = { ...c.req.valid('json'), by: staff(c.var.caller) }
    return act(c, askOf(c), {
      ...staffAct,
      path: 'reject',
      update: messages.rejectUpdate,
      request,
      isAwaited: isInReview,
    })
  })
  routes.openapi(resolve, async (c) => {
    const by = staff(c.var.caller)
    const ask = askOf(c)
    const whenEnded = () => clearAttention(database, { orderId: ask.orderId, actor: by })
    const request = { action: c.req.valid('json').action ?? 'retry', by }
    return act(c, ask, { ...staffAct, path: 'resolve', update: messages.resolveUpdate, request, whenEnded })
  })
  return routes

  /** Asks the order's workflow once under this key, and answers with the order as it then is. */
  async function act<Request, Answered>(c: Context, ask: Ask, action: Action<Request>): Promise<Answered> {
    const { id: orderId } = await visibleOrder(database, ask.caller, ask.orderId)
    const use = {
      userId: ask.caller.id,
      route: `POST /v1/orders/:id/${action.path}`,
      key: ask.key,
      fingerprint: fingerprintOf({ orderId, ...ask.body }),
    }
    return once(c, { database, use, resourceId: orderId }, () =>
      done(orderId, `${use.route} ${use.userId} ${use.key}`, action),
    )
  }

  async function done<Request>(orderId: string, requestId: string, action: Action<Request>): Promise<Answer> {
    try {
      const asked = await askOrder(temporal, action.update, { orderId, requestId, request: action.request })
      if (asked === 'ended') await (action.whenEnded?.() ?? refuseEnded(orderId, action.refusal))
    } catch (error) {
      const isTooEarly = error instanceof Problem && error.code === 'invalid_transition'
      throw isTooEarly && (await isAwaited(orderId, action)) ? catchingUp() : error
    }
    const order = await findOrder(database, orderId)
    if (!order) throw new Problem('order_not_found')
    return { status: action.status, body: orderAnswer(order) }
  }

  /** After a crash the order's workflow is behind what it wrote, for as long as its task takes to come back. */
  async function isAwaited<Request>(orderId: string, action: Action<Request>): Promise<boolean> {
    const order = await findOrder(database, orderId)
    return order !== undefined && (action.isAwaited?.(order) ?? false)
  }

  /** An order that has not come to its end and has no workflow was lost by the engine: a person must see to it. */
  async function refuseEnded(orderId: string, code: ProblemCode): Promise<never> {
    const order = await findOrder(database, orderId)
    if (!order) throw new Problem(code)
    if (order.status === 'delivered' || order.status === 'cancelled')
      throw new Problem(code, { detail: `The order is ${order.status}` })
    logger.error({ order_id: orderId, status: order.status }, 'an open order has no workflow')
    await flagAttention(database, {
      orderId,
      why: 'its workflow is gone (terminated, or lost by the engine): reset it',
    })
    throw new Problem('internal', { detail: 'The order cannot be changed right now; we have been told.' })
  }
}

const mayBecome =
  (next: OrderStatus) =>
  ({ status }: Order): boolean =>
    canBecome(status, next)
const isInReview = ({ status, reviewUntil }: Order): boolean => status === 'pending' && reviewUntil !== null

const catchingUp = () =>
  new Problem('unavailable', {
    detail: 'The order is catching up after an interruption. Repeat the request with the same Idempotency-Key.',
  })

const staffAct = { refusal: 'invalid_transition', status: 201 } as const
const staff = (caller: Caller): string => `staff ${caller.id}`

type AskContext = Context<
  ApiEnv & { Variables: { caller: Caller; idempotencyKey: string } },
  string,
  { out: { param: { id: string }; json: object } }
>

const askOf = (c: AskContext): Ask => ({
  caller: c.var.caller,
  orderId: c.req.valid('param').id,
  key: c.var.idempotencyKey,
  body: c.req.valid('json') ?? {},
})
