import { z } from '@hono/zod-openapi'
import { eventTypes } from '../domain/events.ts'
import type { WebhookDelivery, WebhookEndpoint } from '../store/webhooks/index.ts'
import { timeSchema } from './schemas.ts'

export const newEndpointSchema = z
  .strictObject({
    url: z.string().min(1).max(2_048).openapi({ example: 'https://example.com/hooks/holdfast' }),
    events: z
      .array(z.enum(['*', ...eventTypes]))
      .min(1)
      .max(50)
      .refine((events) => new Set(events).size === events.length, { error: 'Names an event twice' })
      .openapi({ description: '`*` is all of them', example: ['order.paid'] }),
  })
  .openapi('NewWebhookEndpoint')

export const endpointSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    status: z.enum(['active', 'disabled']),
    disabled_reason: z.string().optional(),
    previous_secret_until: timeSchema.optional().openapi({ description: 'Until then the secret before signs too' }),
    pending: z.int().openapi({ description: 'Deliveries under way' }),
    dead: z.int().openapi({ description: 'Deliveries that were given up and wait for a person' }),
    created_by: z.string(),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('WebhookEndpoint')

export const endpointWithSecretSchema = endpointSchema
  .extend({ secret: z.string().openapi({ description: 'Shown this once', example: 'whsec_…' }) })
  .openapi('WebhookEndpointWithSecret')

export const endpointAnswer = (endpoint: WebhookEndpoint): z.infer<typeof endpointSchema> => ({
  id: endpoint.id,
  url: endpoint.url,
  events: endpoint.events,
  status: endpoint.status,
  ...(endpoint.disabledReason !== null && { disabled_reason: endpoint.disabledReason }),
  ...(endpoint.previousUntil && { previous_secret_until: endpoint.previousUntil.toISOString() }),
  pending: endpoint.pending,
  dead: endpoint.dead,
  created_by: endpoint.createdBy,
  created_at: endpoint.createdAt.toISOString(),
  updated_at: endpoint.updatedAt.toISOString(),
})

export const deliveryStatusSchema = z.enum(['pending', 'delivered', 'dead', 'cancelled'])

const attemptSchema = z.object({
  status: z.int().nullable().openapi({ description: 'Of the answer; null when there was none' }),
  answer: z.string().nullable().openapi({ description: 'Its first 500 characters' }),
  failure: z.string().nullable().openapi({ description: 'Why there was no answer' }),
  took_ms: z.int(),
  created_at: timeSchema,
})

export const deliverySchema = z
  .object({
    id: z.string().openapi({ description: 'The `webhook-id` of every attempt' }),
    endpoint_id: z.string(),
    event_id: z.string(),
    event: z.string().openapi({ example: 'order.paid' }),
    status: deliveryStatusSchema,
    round: z.int().openapi({ description: 'Raised each time a person has it delivered again' }),
    attempts: z.int(),
    needs_attention: z.string().optional(),
    log: z.array(attemptSchema).openapi({ description: 'The last 20 attempts, oldest first' }),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('WebhookDelivery')

export const deliveryAnswer = (delivery: WebhookDelivery): z.infer<typeof deliverySchema> => ({
  id: delivery.id,
  endpoint_id: delivery.endpointId,
  event_id: delivery.eventId,
  event: delivery.type,
  status: delivery.status,
  round: delivery.round,
  attempts: delivery.attempts,
  ...(delivery.needsAttention !== null && { needs_attention: delivery.needsAttention }),
  log: delivery.log.map(({ tookMs, createdAt, ...attempt }) => ({
    ...attempt,
    took_ms: tookMs,
    created_at: new Date(createdAt).toISOString(),
  })),
  created_at: delivery.createdAt.toISOString(),
  updated_at: delivery.updatedAt.toISOString(),
})
