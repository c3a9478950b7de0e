import { z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Problem, type ProblemCode, type ProblemDetails, problems } from '../domain/problems.ts'
import type { Database } from '../store/database.ts'
import { type Answer, claimKey, type KeyUse, recordAnswer } from '../store/idempotency.ts'
import type { ApiEnv } from './authentication.ts'

const goodKey = /^[\x20-\x7e]{1,255}$/

type KeyedEnv = ApiEnv & { Variables: { idempotencyKey: string } }

/**
 * Route middleware for what must happen once; without a good key the answer is `idempotency_key_required`. One header is
 * read by its name: a schema of headers has all of them copied, which took a twentieth of the time of a refusal.
 */
export const keyed: MiddlewareHandler<KeyedEnv> = async (c, next) => {
  const key = c.req.header('idempotency-key')
  if (key === undefined || !goodKey.test(key)) throw new Problem('idempotency_key_required')
  c.set('idempotencyKey', key)
  await next()
}

/** For the OpenAPI entry of a route behind `keyed`. */
export const keyParameter = [
  {
    name: 'idempotency-key',
    in: 'header' as const,
    required: true,
    schema: { type: 'string' as const, pattern: goodKey.source },
    description: 'Names this request: sent again, it gets the first answer and has no second effect',
  },
]

/** For the OpenAPI entry of an answer that may be a repeated one. */
export const replayedHeader = z.object({
  'Idempotency-Replayed': z.literal('true').optional().openapi({ description: 'This answer was given before' }),
})

/** A refusal as it is kept with its key, so that a repeat hears the same. */
export const refusal = ({ code, details }: Problem): Answer => ({
  status: problems[code].status,
  body: { code, details },
})

/** Gives an answer as it was kept; a refusal is thrown. `Answered` is the route's own answer type, found by inference. */
export function give<Answered>(c: Context, answer: Answer): Answered {
  if (answer.status >= 400) {
    const { code, details } = answer.body as { code: ProblemCode; details: ProblemDetails }
    throw new Problem(code, details)
  }
  return c.json(answer.body as object, answer.status as ContentfulStatusCode) as Answered
}

/** Gives the first answer again, and says so. */
export function replay<Answered>(c: Context, answer: Answer): Answered {
  c.header('Idempotency-Replayed', 'true')
  return give(c, answer)
}

/** Whether a problem is the answer for good, to be given again to whoever repeats the request. */
export const isAnswer = (error: unknown): error is Problem =>
  error instanceof Problem && problems[error.code].status < 500

/**
 * Does what a key names, and keeps the answer; a repeat is given it again. What is not known yet is not kept, and neither
 * is that something waits (202): a repeat hears how it stands then.
 */
export async function once<Answered>(
  c: Context,
  { database, use, resourceId }: { database: Database; use: KeyUse; resourceId: string },
  act: (resourceId: string, isFirst: boolean) => Promise<Answer>,
): Promise<Answered> {
  const claim = await claimKey(database, use, resourceId)
  if (claim.answer) return replay(c, claim.answer)
  const answer = await act(claim.resourceId, claim.fresh).catch((error: unknown) => {
    if (isAnswer(error)) return refusal(error)
    throw error
  })
  const kept = answer.status === 202 ? answer : await recordAnswer(database, use, answer)
  return claim.fresh ? give(c, kept) : replay(c, kept)
}
