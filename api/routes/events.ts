import { setTimeout as sleep } from 'node:timers/promises'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { eventTypes, topics } from '../../domain/events.ts'
import { Problem } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import { findSequence, forgetStreamed, lastSequence, listEvents, listSettledEvents } from '../../store/event-log.ts'
import { HANDED_ON_WITHIN_MS } from '../../store/events.ts'
import { ACCESS_TOKEN_SECONDS, type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { eventAnswer, eventSchema } from '../event-schemas.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { cursorParameter, limitParameter, listOf, pageOf, readCursor, timeSchema } from '../schemas.ts'

const typesParameter = z
  .string()
  .max(1_000)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(eventTypes)))
  .optional()
  .openapi({ type: 'string', description: 'Only these, separated by commas', example: 'order.paid,inventory.low' })

const follow = createRoute({
  method: 'get',
  path: '/v1/events',
  operationId: 'followEvents',
  tags: ['events'],
  summary: 'What happens, as it happens',
  description:
    'Server-sent events: `id` is the place among all events, `event` the type, `data` the event. With `Last-Event-ID` (a place, ' +
    'or the id of an event) nothing that came after it is left out. A stream ends after 15 minutes at most: connect again.',
  security: bearer,
  middleware: staffOnly,
  request: {
    query: z.strictObject({ types: typesParameter }),
    headers: z.object({ 'last-event-id': z.string().max(300).optional() }),
  },
  responses: {
    200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const filter = {
  topic: z.enum(topics).optional(),
  aggregate_id: z.string().max(100).optional(),
  since: timeSchema.optional(),
}

const list = createRoute({
  method: 'get',
  path: '/v1/admin/events',
  operationId: 'listEvents',
  tags: ['events'],
  summary: 'What the books hold of it, newest first',
  security: bearer,
  middleware: staffOnly,
  request: {
    query: z.strictObject({
      ...filter,
      streamed: z.enum(['true', 'false']).optional(),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: { description: 'A page of events', content: { 'application/json': { schema: listOf(eventSchema) } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const replaySchema = z.strictObject({ ...filter, after: z.int().min(0).default(0) }).openapi('EventReplay')
const replayedSchema = z.object({ due: z.int(), next: z.int().nullable() }).openapi('EventsDue')

const replay = createRoute({
  method: 'post',
  path: '/v1/admin/events/replay',
  operationId: 'replayEvents',
  tags: ['events'],
  summary: 'Give the Redis streams events once more',
  description:
    'For streams that have lost them. Goes through the books page by page: send `next` as `after` until it is null. ' +
    'Consumers drop what they have by its id.',
  security: bearer,
  middleware: staffOnly,
  request: { body: { required: true, content: { 'application/json': { schema: replaySchema } } } },
  responses: {
    202: {
      description: 'So many are due, and are being sent',
      content: { 'application/json': { schema: replayedSchema } },
    },
    ...problemResponses('unauthenticated', 'forbidden', ...bodyProblems),
  },
})

const MOST_STREAMS = 100
const LOOKS_EVERY_MS = 1_000
const HEARTBEAT_EVERY_MS = 15_000
const PAGE = 200

type EventRoutesDeps = {
  database: Database
  /** Has what is due handed on at once. */
  nudgeEventSweep: () => void
  /** When this process is to end, its streams do: whoever listens connects to another. */
  stop: AbortSignal
}

export function eventRoutes({ database, nudgeEventSweep, stop }: EventRoutesDeps) {
  const routes = new OpenAPIHono<ApiEnv>()
  let open = 0

  routes.openapi(follow, async (c) => {
    const types = c.req.valid('query').types
    const after = await placeOf(c.req.valid('header')['last-event-id'])
    if (open >= MOST_STREAMS || stop.aborted)
      throw new Problem('unavailable', { detail: 'This process has as many streams as it may: try again' })
    // What stands between us and the listener must neither keep nor gather it.
    c.header('Cache-Control', 'no-cache')
    c.header('X-Accel-Buffering', 'no')
    // Of an answer to HEAD nobody reads a body.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' }) as never
    open++
    return streamSSE(c, (stream) => pass(stream, after, new Set(types)).finally(() => void open--))
  })

  /** Looks into the books, which have everything, whether Redis is there or not. */
  async function pass(stream: SSEStreamingApi, from: number, types: ReadonlySet<string>): Promise<void> {
    const endsAtMs = Date.now() + ACCESS_TOKEN_SECONDS * 1_000
    const gone = new AbortController()
    stream.onAbort(() => gone.abort())
    const end = AbortSignal.any([stop, gone.signal])
    let after = from
    let lastWordAtMs = 0
    while (!end.aborted && Date.now() < endsAtMs) {
      // While PostgreSQL is away the listener hears nothing, and nothing is lost to it.
      const page = await listSettledEvents(database, { after, limit: PAGE }).catch(() => [])
      for (const event of page) {
        after = event.sequence
        if (types.size > 0 && !types.has(event.type)) continue
        await stream.writeSSE({ id: String(after), event: event.type, data: JSON.stringify(eventAnswer(event)) })
        lastWordAtMs = Date.now()
      }
      if (page.length === PAGE) continue
      if (Date.now() - lastWordAtMs > HEARTBEAT_EVERY_MS) {
        await stream.write(': still here\n\n')
        lastWordAtMs = Date.now()
      }
      await sleep(LOOKS_EVERY_MS, undefined, { signal: end }).catch(() => {})
    }
  }

  async function placeOf(lastEventId: string | undefined): Promise<number> {
    if (lastEventId === undefined || lastEventId === '') return lastSequence(database)
    const place = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : await findSequence(database, lastEventId)
    if (place === undefined) throw new Problem('malformed_request', { detail: 'The Last-Event-ID is not one of ours' })
    return place
  }

  routes.openapi(list, async (c) => {
    const { topic, aggregate_id: aggregateId, since, streamed, limit, cursor } = c.req.valid('query')
    const events = await listEvents(database, {
      ...{ topic, aggregateId, since },
      isStreamed: streamed === undefined ? undefined : streamed === 'true',
      before: readCursor(cursor, () => z.int().min(1)),
      limit: limit + 1,
    })
    return c.json(pageOf(events, limit, { answer: eventAnswer, placeOf: ({ sequence }) => sequence }), 200)
  })

  routes.openapi(replay, async (c) => {
    const { topic, aggregate_id: aggregateId, since, after } = c.req.valid('json')
    const replayed = await forgetStreamed(database, { topic, aggregateId, since, after })
    nudgeEventSweep()
    // A sweep leaves what was told just now to whoever told it; by then it takes those too.
    setTimeout(nudgeEventSweep, HANDED_ON_WITHIN_MS).unref()
    return c.json(replayed, 202)
  })
  return routes
}
