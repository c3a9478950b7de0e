import { z } from '@hono/zod-openapi'
import type { LoggedEvent } from '../store/event-log.ts'
import { timeSchema } from './schemas.ts'

export const eventSchema = z
  .object({
    id: z
      .string()
      .openapi({ description: 'One fact, one id: drop what you have seen', example: 'ord_01a2…:order.paid' }),
    sequence: z.int().openapi({ description: 'Its place among all events' }),
    type: z.string().openapi({ example: 'order.paid' }),
    aggregate_id: z.string().openapi({ description: 'What it is about; the events of one come in their order' }),
    data: z.record(z.string(), z.unknown()),
    created_at: timeSchema,
    streamed: z.boolean().openapi({ description: 'Whether the Redis stream of its topic was given it' }),
  })
  .openapi('Event')

export const eventAnswer = (event: LoggedEvent): z.infer<typeof eventSchema> => ({
  id: event.id,
  sequence: event.sequence,
  type: event.type,
  aggregate_id: event.aggregateId,
  data: event.payload,
  created_at: event.toldAt.toISOString(),
  streamed: event.isStreamed,
})
