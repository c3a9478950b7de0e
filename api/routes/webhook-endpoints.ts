import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import * as webhooks from '../../store/webhooks/index.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { cursorParameter, limitParameter, listOf, pageOf, readCursor, readIdCursor } from '../schemas.ts'
import {
  deliveryAnswer,
  deliverySchema,
  deliveryStatusSchema,
  endpointAnswer,
  endpointSchema,
  endpointWithSecretSchema,
  newEndpointSchema,
} from '../webhook-schemas.ts'

const params = z.object({ id: z.string() })
const deliveryParams = params.extend({ delivery_id: z.string() })
const common = { tags: ['webhooks'], security: bearer, middleware: staffOnly }
const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': { schema } })

const create = createRoute({
  ...common,
  method: 'post',
  path: '/v1/webhook-endpoints',
  operationId: 'createWebhookEndpoint',
  summary: 'Have events sent to a URL, signed as Standard Webhooks asks',
  description: 'The URL must be at a public address. The answer holds the secret, which is shown this once.',
  request: { body: { required: true, content: json(newEndpointSchema) } },
  responses: {
    201: { description: 'From now on', content: json(endpointWithSecretSchema) },
    ...problemResponses('unauthenticated', 'forbidden', ...bodyProblems),
  },
})

const list = createRoute({
  ...common,
  method: 'get',
  path: '/v1/webhook-endpoints',
  operationId: 'listWebhookEndpoints',
  summary: 'Webhook endpoints, oldest first',
  request: { query: z.strictObject({ limit: limitParameter, cursor: cursorParameter }) },
  responses: {
    200: { description: 'A page of them', content: json(listOf(endpointSchema)) },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const show = createRoute({
  ...common,
  method: 'get',
  path: '/v1/webhook-endpoints/{id}',
  operationId: 'getWebhookEndpoint',
  summary: 'A webhook endpoint',
  request: { params },
  responses: {
    200: { description: 'The endpoint', content: json(endpointSchema) },
    ...problemResponses('unauthenticated', 'forbidden', 'webhook_endpoint_not_found'),
  },
})

const remove = createRoute({
  ...common,
  method: 'delete',
  path: '/v1/webhook-endpoints/{id}',
  operationId: 'deleteWebhookEndpoint',
  summary: 'Send nothing to it any more',
  description: 'What was under way to it ends.',
  request: { params },
  responses: {
    204: { description: 'It is gone' },
    ...problemResponses('unauthenticated', 'forbidden', 'webhook_endpoint_not_found'),
  },
})

const rotate = createRoute({
  ...common,
  method: 'post',
  path: '/v1/webhook-endpoints/{id}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  summary: 'Sign with a new secret',
  description: 'The one before signs beside it for a day, so that the receiver can change over in peace.',
  request: { params },
  responses: {
    200: { description: 'The new secret, shown this once', content: json(endpointWithSecretSchema) },
    ...problemResponses('unauthenticated', 'forbidden', 'webhook_endpoint_not_found'),
  },
})

const deliveries = createRoute({
  ...common,
  method: 'get',
  path: '/v1/webhook-endpoints/{id}/deliveries',
  operationId: 'listWebhookDeliveries',
  summary: 'What was sent to it, and what it answered',
  description: 'The newest event first.',
  request: {
    params,
    query: z.strictObject({ status: deliveryStatusSchema.optional(), limit: limitParameter, cursor: cursorParameter }),
  },
  responses: {
    200: { description: 'A page of deliveries', content: json(listOf(deliverySchema)) },
    ...problemResponses(
      'malformed_request',
      'unauthenticated',
      'forbidden',
      'webhook_endpoint_not_found',
      'invalid_request',
    ),
  },
})

const again = createRoute({
  ...common,
  method: 'post',
  path: '/v1/webhook-endpoints/{id}/deliveries/{delivery_id}/redeliver',
  operationId: 'redeliverWebhook',
  summary: 'Deliver it once more',
  description: 'Under the same `webhook-id`. One that is under way goes on as it is.',
  request: { params: deliveryParams },
  responses: {
    202: { description: 'It is under way', content: json(deliverySchema) },
    ...problemResponses(
      'unauthenticated',
      'forbidden',
      'webhook_endpoint_not_found',
      'webhook_delivery_not_found',
      'invalid_transition',
    ),
  },
})

type Deps = {
  database: Database
  /** Why nothing may be sent to a URL. */
  whyNotUrl: (url: string) => Promise<string | undefined>
  nudgeEventSweep: () => void
  /** Spares the workflows of ended deliveries the wait for their next attempt. */
  endDeliveries: (ended: webhooks.OpenDelivery[]) => void
  secretOverlapMs: number
}

export function webhookEndpointRoutes({ database, whyNotUrl, nudgeEventSweep, endDeliveries, secretOverlapMs }: Deps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(create, async (c) => {
    const { url, events } = c.req.valid('json')
    const why = await whyNotUrl(url)
    if (why !== undefined) throw new Problem('invalid_request', { errors: [{ path: 'url', message: why }] })
    const id = newId('whk')
    const { secret } = await webhooks.createEndpoint(database, { id, url, events, createdBy: c.var.caller.id })
    return c.json({ ...endpointAnswer(await known(id)), secret }, 201)
  })

  routes.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const after = readIdCursor(cursor, 'whk')
    const endpoints = await webhooks.listEndpoints(database, { after, limit: limit + 1 })
    return c.json(pageOf(endpoints, limit, { answer: endpointAnswer, placeOf: ({ id }) => id }), 200)
  })

  routes.openapi(show, async (c) => c.json(endpointAnswer(await known(c.req.valid('param').id)), 200))

  routes.openapi(remove, async (c) => {
    const { id } = await known(c.req.valid('param').id)
    endDeliveries(await webhooks.deleteEndpoint(database, id))
    return c.body(null, 204)
  })

  routes.openapi(rotate, async (c) => {
    const { id } = await known(c.req.valid('param').id)
    const { secret } = await webhooks.rotateSecret(database, { id, overlapMs: secretOverlapMs })
    return c.json({ ...endpointAnswer(await known(id)), secret }, 200)
  })

  routes.openapi(deliveries, async (c) => {
    const { id } = await known(c.req.valid('param').id)
    const { status, limit, cursor } = c.req.valid('query')
    const before = readCursor(cursor, () => z.int().min(1))
    const found = await webhooks.listDeliveries(database, { endpointId: id, status, before, limit: limit + 1 })
    return c.json(pageOf(found, limit, { answer: deliveryAnswer, placeOf: ({ sequence }) => sequence }), 200)
  })

  routes.openapi(again, async (c) => {
    const { id, delivery_id: deliveryId } = c.req.valid('param')
    const endpoint = await known(id)
    const find = async () => {
      const delivery = await webhooks.findDelivery(database, { id: deliveryId, endpointId: id })
      if (!delivery) throw new Problem('webhook_delivery_not_found')
      return delivery
    }
    await find()
    if (endpoint.status !== 'active')
      throw new Problem('invalid_transition', { detail: `The endpoint is ${endpoint.status}` })
    await webhooks.redeliver(database, deliveryId)
    nudgeEventSweep()
    return c.json(deliveryAnswer(await find()), 202)
  })
  return routes

  async function known(id: string): Promise<webhooks.WebhookEndpoint> {
    const endpoint = isId('whk', id) ? await webhooks.findEndpoint(database, id) : undefined
    if (!endpoint) throw new Problem('webhook_endpoint_not_found')
    return endpoint
  }
}
