import type { Hook } from '@hono/zod-openapi'
import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { ZodError } from 'zod'
import { type FieldError, Problem, type ProblemCode, problems } from '../domain/problems.ts'
import type { ApiEnv } from './authentication.ts'

const RETRY_AFTER_SECONDS = 2

/** Turns whatever was thrown into the one answer a caller may see of it (RFC 9457). */
export const answerProblems =
  (logger: Logger): ErrorHandler<ApiEnv> =>
  (error, c) => {
    const problem = problemOf(error)
    const { status } = problems[problem.code]
    if (status >= 500) {
      logger.error({ err: error, request_id: c.var.requestId, code: problem.code }, 'a request failed')
    }
    return problemAnswer(c, problem)
  }

/** Called for whatever a schema refuses. */
export const refuseInvalid: Hook<unknown, ApiEnv, string, void> = (result) => {
  if (!result.success) throw invalidRequest(result.error)
}

function problemAnswer(c: Context<ApiEnv>, problem: Problem): Response {
  const { status, title } = problems[problem.code]
  const { detail, errors, ...extensions } = problem.details
  if (status === 401) c.header('WWW-Authenticate', challenge(c))
  if (status === 503) c.header('Retry-After', String(RETRY_AFTER_SECONDS))
  const body = {
    ...extensions,
    type: `urn:holdfast:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    ...(detail !== undefined && { detail }),
    instance: c.req.path,
    request_id: c.var.requestId,
    // Who reads only these learns what is wrong, also where it is the request as a whole.
    ...(status === 422 && { errors: errors ?? [{ path: '', message: detail ?? title }] }),
  }
  c.header('Content-Type', 'application/problem+json')
  return c.body(JSON.stringify(body), status as ContentfulStatusCode)
}

const challenge = (c: Context): string =>
  c.req.header('authorization') ? 'Bearer realm="holdfast", error="invalid_token"' : 'Bearer realm="holdfast"'

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error
  if (error instanceof ZodError) return invalidRequest(error)
  if (error instanceof HTTPException) return new Problem(codeOfStatus(error.status))
  if (isDatabaseAway(error)) return new Problem('unavailable')
  return new Problem('internal')
}

/** What the framework itself refuses. */
function codeOfStatus(status: number): ProblemCode {
  if (status === 413) return 'payload_too_large'
  if (status === 415) return 'unsupported_media_type'
  return status < 500 ? 'malformed_request' : 'internal'
}

const MAX_ERRORS = 50

function invalidRequest({ issues }: ZodError): Problem {
  const errors = issues.flatMap((issue): FieldError[] => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path.join('.'), message: issue.message }]
    return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'Unknown field' }))
  })
  return new Problem('invalid_request', { errors: errors.slice(0, MAX_ERRORS) })
}

// Shutting down, starting up, too many connections, a statement given up under load, a lost connection (class 08), a disk
// that does not take what it is given (class 58): PostgreSQL stops then, and whether it was written is not known.
const awaySqlStates = /^(08...|40...|53...|57P0[1-5]|57014|55P03|58...)$/
const awaySocketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])
const awayMessages =
  /timeout exceeded when trying to connect|query read timeout|connection terminated|not queryable|after calling end on the pool/i

/** Whether PostgreSQL could not be asked, in contrast to having answered with an error. */
function isDatabaseAway(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return awaySqlStates.test(code) || awaySocketCodes.has(code) || awayMessages.test(error.message)
}
