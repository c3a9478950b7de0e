import type { Hono, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { Problem } from '../domain/problems.ts'
import type { ApiEnv } from './authentication.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Answers 404 for an unknown path and 405 for a known one with another method, before anything of the request is read.
 * Middleware is registered for all methods, a route for one: that tells them apart.
 */
export const onlyKnownRoutes =
  (app: Hono<ApiEnv>): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    if (!matchedRoutes(c).some(({ method }) => method !== 'ALL')) {
      const allowed = methods.filter((method) =>
        app.router.match(method, c.req.path)[0].some(([[, route]]) => route.method !== 'ALL'),
      )
      if (allowed.length === 0) throw new Problem('not_found')
      c.header('Allow', allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', '))
      throw new Problem('method_not_allowed')
    }
    await next()
  }
