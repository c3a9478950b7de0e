import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'
import type { ApiEnv } from './authentication.ts'

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
