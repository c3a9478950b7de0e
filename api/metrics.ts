import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ApiEnv } from './authentication.ts'

export type Metrics = {
  registry: Registry
  /** Middleware: rate, errors and duration of every route. */
  observe: MiddlewareHandler<ApiEnv>
  render: () => Promise<string>
}

type MetricsOptions = {
  countOrdersNeedingAttention: () => Promise<number>
  countOpenFindings: () => Promise<number>
  /** By cache, how often each layer had the answer; `none` had to ask for it. */
  cacheCounts?: () => Record<string, Record<string, number>>
  countDeadDeliveries: () => Promise<number>
  /** Others' metrics in Prometheus' text format, appended as they are. One that fails is left out. */
  others?: readonly (() => Promise<string>)[]
}

export function createMetrics({
  countOrdersNeedingAttention,
  countOpenFindings,
  cacheCounts = () => ({}),
  countDeadDeliveries,
  others = [],
}: MetricsOptions): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time to answer a request, by route pattern',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  new Gauge({
    name: 'holdfast_orders_needing_attention',
    help: 'Orders whose undoing could not be finished and which wait for a person; NaN while PostgreSQL is away',
    registers: [registry],
    async collect() {
      this.set(await countOrdersNeedingAttention().catch(() => Number.NaN))
    },
  })
  new Gauge({
    name: 'holdfast_reconciliation_open_findings',
    help: 'What the comparison of the books with the world found and nobody mended yet; NaN while PostgreSQL is away',
    registers: [registry],
    async collect() {
      this.set(await countOpenFindings().catch(() => Number.NaN))
    },
  })
  new Counter({
    name: 'holdfast_cache_lookups_total',
    help: 'Where an answer was found: moment, memory, redis or none. Rate of those not none over rate of all is the hit rate',
    labelNames: ['cache', 'layer'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [cache, layers] of Object.entries(cacheCounts()))
        for (const [layer, count] of Object.entries(layers)) this.inc({ cache, layer }, count)
    },
  })
  new Gauge({
    name: 'holdfast_cache_hit_ratio',
    help: 'Share of all lookups since the start of the process that needed no asking',
    labelNames: ['cache'],
    registers: [registry],
    collect() {
      for (const [cache, { none = 0, ...layers }] of Object.entries(cacheCounts())) {
        const hits = Object.values(layers).reduce((sum, count) => sum + count, 0)
        this.set({ cache }, hits + none === 0 ? Number.NaN : hits / (hits + none))
      }
    },
  })
  new Gauge({
    name: 'holdfast_webhook_dead_letters',
    help: 'Webhook deliveries that were given up and wait for a person; NaN while PostgreSQL is away',
    registers: [registry],
    async collect() {
      this.set(await countDeadDeliveries().catch(() => Number.NaN))
    },
  })
  return {
    registry,
    observe: async (c, next) => {
      const stop = requests.startTimer()
      await next()
      stop({ method: c.req.method, route: routePath(c, -1), status: c.res.status })
    },
    async render() {
      const texts = await Promise.all([registry.metrics(), ...others.map((other) => other().catch(() => ''))])
      return texts.filter(Boolean).join('\n')
    },
  }
}
