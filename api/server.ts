import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Client } from '@temporalio/client'
import { type Config, readConfig } from '../workers/config.ts'
import { openConnections } from '../workers/connections.ts'
import { connectTemporal, createOrderWorker, installRuntime } from '../workers/order-worker.ts'
import { untilAskedToStop } from '../workers/process.ts'
import { ensureSchedules } from '../workers/schedules.ts'
import { countOrdersNeedingAttention } from '../store/attention.ts'
import { listenForOutcomes } from '../store/orders/index.ts'
import { createProductSearch } from '../store/product-search.ts'
import { createApp } from './app.ts'
import { createTokens } from './authentication.ts'
import { nudgeSearchSync } from './commands/search-sync.ts'
import { createLogger } from './logging.ts'
import { createMetrics } from './metrics.ts'
import { probesOf } from './probes.ts'
import { checkoutRoutes } from './routes/checkout.ts'
import { orderActionRoutes } from './routes/order-actions.ts'
import { orderRoutes } from './routes/orders.ts'
import { webhookRoutes } from './routes/webhooks.ts'

/**
 * The API process. With HOST_WORKER it carries orders too, and starts them eagerly: the workflow's first task comes back
 * with the answer to the start instead of by way of a queue.
 */
await untilAskedToStop(async (onStop) => {
  const config = readConfig(process.env)
  const logger = createLogger(config.logLevel)
  installRuntime(logger)
  const connection = await connectTemporal(config)
  const client = new Client({ connection, namespace: config.temporal.namespace })
  const connections = openConnections(config, logger)
  const { database, index, gateway } = connections
  const outcomes = await listenForOutcomes({
    url: config.database.url,
    onError: (error) => logger.warn({ err: error }, 'the announcements of outcomes are interrupted'),
  })
  const metrics = createMetrics({ countOrdersNeedingAttention: () => countOrdersNeedingAttention(database) })
  const app = createApp({
    database,
    logger,
    tokens: createTokens(config.jwtSecret),
    search: createProductSearch({ database, index }),
    nudgeSearchSync: nudgeSearchSync(client, config.temporal.taskQueue),
    probes: probesOf(connections, client, config),
    metrics,
  })
  app.route('/', orderRoutes({ database }))
  app.route('/', orderActionRoutes({ database, client }))
  app.route(
    '/',
    webhookRoutes({ database, client, logger, readNotice: (rawBody, headers) => gateway.readNotice(rawBody, headers) }),
  )
  app.route(
    '/',
    checkoutRoutes({
      database,
      outcomes,
      temporal: { client, taskQueue: config.temporal.taskQueue, canStartEagerly: config.hostWorker },
      policy: config.orders,
      deadlineMs: config.http.checkoutDeadlineMs,
    }),
  )

  const worker = config.hostWorker ? await createOrderWorker(connection, config, connections) : undefined
  if (worker) await ensureSchedules(client, config)
  const running = worker?.run()
  const server = await listen(app.fetch, config.http)
  logger.info({ port: config.http.port, worker: config.hostWorker }, 'ready')

  await new Promise<void>((resolve) => {
    onStop(resolve)
    running?.then(resolve, resolve)
  })
  // Requests first: they may wait for orders that this process carries.
  await new Promise((resolve) => server.close(resolve))
  worker?.shutdown()
  await running
  await outcomes.close()
  await connections.close()
  await connection.close()
})

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
