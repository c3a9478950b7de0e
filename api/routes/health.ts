import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiEnv } from '../authentication.ts'
import type { Metrics } from '../metrics.ts'

/** Each resolves when its server answers. One that is left out is not configured. */
export type Probes = {
  postgres: () => Promise<unknown>
  temporal: () => Promise<unknown>
  redis?: (() => Promise<unknown>) | undefined
  opensearch?: (() => Promise<unknown>) | undefined
  gateway?: (() => Promise<unknown>) | undefined
  /** The worker that this process hosts, if it does. */
  worker?: (() => Promise<unknown>) | undefined
}

type Server = keyof Probes

const withoutIt: Record<Server, string> = {
  postgres: 'nothing can be read or ordered',
  temporal: 'orders cannot be taken; reading goes on',
  redis: 'events wait in PostgreSQL; everything else works',
  opensearch: 'search is answered by PostgreSQL',
  gateway: 'checkouts are accepted and wait for it',
  worker: 'orders are taken up when it runs',
}

/** Left out of the answer where this process has none to ask. */
const optional = new Set<Server>(['gateway', 'worker'])

const PROBE_TIMEOUT_MS = 1_000
const required = new Set<Server>(['postgres', 'temporal', 'worker'])

const state = z.enum(['ready', 'degraded', 'unavailable'])
const checkSchema = z.object({ status: state, latency_ms: z.number().optional(), detail: z.string().optional() })
const readinessSchema = z.object({ status: state, checks: z.record(z.string(), checkSchema) }).openapi('Readiness')
type Check = z.infer<typeof checkSchema>

const live = createRoute({
  method: 'get',
  path: '/health/live',
  operationId: 'isAlive',
  tags: ['operations'],
  summary: 'Is the process there?',
  responses: {
    200: {
      description: 'It is',
      content: { 'application/json': { schema: z.object({ status: z.literal('alive') }) } },
    },
  },
})

const readiness = { 'application/json': { schema: readinessSchema } }
const ready = createRoute({
  method: 'get',
  path: '/health/ready',
  operationId: 'isReady',
  tags: ['operations'],
  summary: 'Can it take orders?',
  description: 'Degraded means slower or without a convenience: every promise is still kept.',
  responses: {
    200: { description: 'Orders can be taken', content: readiness },
    503: { description: 'PostgreSQL or Temporal is away', content: readiness },
  },
})

export function healthRoutes({ probes, metrics }: { probes: Probes; metrics: Metrics }) {
  const routes = new OpenAPIHono<ApiEnv>()
  routes.openapi(live, (c) => c.json({ status: 'alive' as const }, 200))
  routes.openapi(ready, async (c) => {
    const all = Object.keys(withoutIt) as Server[]
    const servers = all.filter((name) => probes[name] || !optional.has(name))
    const results = await Promise.all(servers.map(async (name) => [name, await checkUp(name, probes[name])] as const))
    const states = results.map(([, { status }]) => status)
    const status = states.find((s) => s === 'unavailable') ?? states.find((s) => s === 'degraded') ?? 'ready'
    return c.json({ status, checks: Object.fromEntries(results) }, status === 'unavailable' ? 503 : 200)
  })
  routes.get('/metrics', async (c) =>
    c.body(await metrics.render(), 200, { 'Content-Type': metrics.registry.contentType }),
  )
  return routes
}

async function checkUp(server: Server, probe: (() => Promise<unknown>) | undefined): Promise<Check> {
  const away = required.has(server) ? ('unavailable' as const) : ('degraded' as const)
  if (!probe) return { status: away, detail: `Not configured: ${withoutIt[server]}` }
  const startedAt = performance.now()
  try {
    await withinTime(probe())
    return { status: 'ready', latency_ms: Math.round((performance.now() - startedAt) * 10) / 10 }
  } catch {
    return { status: away, detail: `Not answering: ${withoutIt[server]}` }
  }
}

function withinTime(check: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const tooSlow = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('Too slow')), PROBE_TIMEOUT_MS)
  })
  return Promise.race([check, tooSlow]).finally(() => clearTimeout(timer))
}
