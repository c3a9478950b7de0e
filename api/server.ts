import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Client, Connection } from '@temporalio/client'
import { countOrdersNeedingAttention } from '../store/attention.ts'
import { listenForOutcomes } from '../store/outcomes.ts'
import { countOpenFindings } from '../store/reconciliation/index.ts'
import { openCaches } from '../store/caches.ts'
import { createCatalogue } from '../store/catalogue.ts'
import { createCategoryTree } from '../store/categories.ts'
import { createMoments } from '../store/moments.ts'
import { countViews } from '../store/hot-products.ts'
import { type FindRelated, findRelatedProducts } from '../store/related-products.ts'
import { createRememberedSearch } from '../store/remembered-search.ts'
import { countDeadDeliveries } from '../store/webhooks/index.ts'
import { noteViewsIn } from '../store/product-views.ts'
import { type Config, readConfig } from '../workers/config.ts'
import { openConnections } from '../workers/connections.ts'
import { createLogger } from '../workers/logger.ts'
import { installRuntime, runOrderWorker } from '../workers/order-worker.ts'
import { untilAskedToStop } from '../workers/process.ts'
import { createApp } from './app.ts'
import { createTokens } from './authentication.ts'
import { endDeliveries } from './commands/webhook-deliveries.ts'
import { nudgeEventSweep } from './commands/event-sweep.ts'
import { nudgeReorderSweep } from './commands/reorder-sweep.ts'
import { nudgeSearchSync } from './commands/search-sync.ts'
import type { TemporalLink } from './commands/temporal.ts'
import { createMetrics } from './metrics.ts'
import { probesOf } from './probes.ts'
import { createProductPages } from './product-page.ts'
import { checkoutRoutes } from './routes/checkout.ts'
import { eventRoutes } from './routes/events.ts'
import { orderActionRoutes } from './routes/order-actions.ts'
import { orderRoutes } from './routes/orders.ts'
import { recommendationModelRoutes } from './routes/recommendation-models.ts'
import { reconciliationRoutes } from './routes/reconciliation.ts'
import { refundDecisionRoutes } from './routes/refund-decisions.ts'
import { refundRoutes } from './routes/refunds.ts'
import { replenishmentReceiptRoutes } from './routes/replenishment-receipts.ts'
import { replenishmentRoutes } from './routes/replenishments.ts'
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts'
import { returnDecisionRoutes } from './routes/return-decisions.ts'
import { returnRoutes } from './routes/returns.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { keepWarm } from './warm-up.ts'

const DRAIN_WITHIN_MS = 12_000

/**
 * The API process. With HOST_WORKER it carries orders too, and starts them eagerly: the workflow's first task comes back
 * with the answer to the start instead of by way of a queue. It serves what it can while Temporal is away.
 */
await untilAskedToStop(async (stop) => {
  const config = readConfig(process.env)
  const logger = createLogger(config.logLevel)
  installRuntime(logger)
  const { address, namespace, taskQueue } = config.temporal
  const connection = Connection.lazy({ address })
  const temporal: TemporalLink = { client: new Client({ connection, namespace }), taskQueue, canStartEagerly: false }
  const connections = openConnections(config, logger)
  const { database, redis, index, gateways, webhooks } = connections
  const moments = createMoments()
  const caches = openCaches(redis)
  const catalogue = createCatalogue({ database, caches, moments })
  const findRelated: FindRelated = (productId, limit) => findRelatedProducts(database, productId, limit)
  const pages = createProductPages({ database, catalogue, caches, moments, findRelated, logger })
  const views = countViews(redis)
  const nudgeEvents = nudgeEventSweep(temporal, config.webhooks)
  const outcomes = await listenForOutcomes({
    url: config.database.url,
    onError: (error) => logger.warn({ err: error }, 'the announcements of outcomes are interrupted'),
    onReorderDue: nudgeReorderSweep(temporal, config.replenishments),
    onProductChanged: (productId) => moments.forget(productId === undefined ? undefined : [productId]),
    onEventsTold: nudgeEvents,
  })
  const app = createApp({
    database,
    logger,
    tokens: createTokens(config.jwtSecret),
    search: createRememberedSearch({ database, index, caches, moments }),
    catalogue,
    categories: createCategoryTree({ database, moments }),
    moments,
    pages,
    views,
    reviewModeration: config.reviewModeration,
    nudgeSearchSync: nudgeSearchSync(temporal),
    noteView: noteViewsIn(connections.redis),
    probes: probesOf(connections, temporal, config),
    metrics: createMetrics({
      countOrdersNeedingAttention: () => countOrdersNeedingAttention(database),
      countOpenFindings: () => countOpenFindings(database),
      cacheCounts: () => ({ ...caches.counts, ...moments.counts }),
      countDeadDeliveries: () => countDeadDeliveries(database),
    }),
  })
  const { checkoutDeadlineMs: deadlineMs } = config.http
  app.route('/', checkoutRoutes({ database, outcomes, moments, temporal, policy: config.orders, deadlineMs }))
  app.route('/', orderRoutes({ database }))
  app.route('/', orderActionRoutes({ database, temporal, logger }))
  app.route('/', refundRoutes({ database, temporal, outcomes, policy: config.refunds }))
  app.route('/', refundDecisionRoutes({ database, temporal }))
  const nudge = nudgeSearchSync(temporal)
  app.route('/', replenishmentRoutes({ database, temporal, outcomes, policy: config.replenishments }))
  app.route('/', replenishmentReceiptRoutes({ database, temporal, nudgeSearchSync: nudge }))
  app.route('/', returnRoutes({ database, temporal, outcomes, policy: config.returns }))
  app.route('/', returnDecisionRoutes({ database, temporal, nudgeSearchSync: nudge }))
  app.route('/', reconciliationRoutes({ database, temporal, settleMs: config.reconciliation.settleMs }))
  app.route('/', eventRoutes({ database, nudgeEventSweep: nudgeEvents, stop }))
  app.route(
    '/',
    webhookEndpointRoutes({
      database,
      whyNotUrl: webhooks.whyNot,
      nudgeEventSweep: nudgeEvents,
      endDeliveries: endDeliveries(temporal),
      secretOverlapMs: config.webhooks.secretOverlapMs,
    }),
  )
  app.route('/', recommendationModelRoutes({ database, temporal }))
  const readNotice = gateways.patient.readNotice.bind(gateways.patient)
  app.route('/', webhookRoutes({ database, temporal, logger, readNotice }))

  const server = await listen(app.fetch, config.http)
  logger.info({ port: config.http.port, worker: config.hostWorker }, 'ready')
  const warmth = keepWarm({ database, pages, views, logger })
  const drained = new AbortController()
  const worker = config.hostWorker
    ? runOrderWorker(config, connections, {
        stop: drained.signal,
        onRunning(native) {
          temporal.client = new Client({ connection: native, namespace })
          temporal.canStartEagerly = true
        },
      })
    : undefined

  // A worker that fails ends the process, which is started anew.
  await Promise.race([aborted(stop), ...(worker ? [worker] : [])])
  // Requests first: they may wait for orders that this process carries.
  await drain(server)
  warmth.stop()
  drained.abort()
  await worker
  await outcomes.close()
  await connections.close()
  await connection.close()
})

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
}

function listen(
  fetch: Parameters<typeof createAdaptorServer>[0]['fetch'],
  { host, port, reusePort }: Config['http'],
): Promise<Server> {
  const serverOptions = { headersTimeout: 10_000, requestTimeout: 15_000 }
  const server = createAdaptorServer({ fetch, serverOptions }) as Server
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is taken: choose another with PORT`) : error),
    )
    // With reusePort the system spreads connections over all processes that listen on the port.
    server.listen({ host, port, reusePort }, () => resolve(server))
  })
}

/** Lets requests that came in be answered, and takes no further ones, also not on connections that are kept alive. */
async function drain(server: Server): Promise<void> {
  server.prependListener('request', (_, response) => response.setHeader('connection', 'close'))
  const force = setTimeout(() => server.closeAllConnections(), DRAIN_WITHIN_MS)
  await new Promise((resolve) => server.close(resolve))
  clearTimeout(force)
}
