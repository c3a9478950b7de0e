import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { type Logger, pino } from 'pino'
import type { ApiEnv } from './authentication.ts'

const secrets = ['authorization', 'password', 'token', 'access_token', 'refresh_token', 'email']

/** One JSON line an event. Secrets are struck out wherever they might slip into one. */
export const createLogger = (level: string): Logger =>
  pino({
    level,
    base: undefined,
    // A database error quotes the row it refused, names and addresses included: only what tells of the fault is kept.
    serializers: { err: faultOf, error: faultOf },
    redact: secrets.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
    timestamp: pino.stdTimeFunctions.isoTime,
  })

function faultOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack } = error
  const code = 'code' in error ? error.code : undefined
  return { name, message, code, stack, ...(error.cause !== undefined && { cause: faultOf(error.cause) }) }
}

/** One line a request: what was asked in the words of the route, and what came of it. No query, no body, no person. */
export const logAccess =
  (logger: Logger): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const startedAt = performance.now()
    await next()
    logger.info(
      {
        request_id: c.var.requestId,
        method: c.req.method,
        route: routePath(c, -1),
        status: c.res.status,
        duration_ms: Math.round((performance.now() - startedAt) * 10) / 10,
      },
      'request',
    )
  }
