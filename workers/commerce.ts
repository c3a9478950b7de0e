import { Client } from '@temporalio/client'
import { createLogger } from '../api/logging.ts'
import { readConfig } from './config.ts'
import { openConnections } from './connections.ts'
import { connectTemporal, createOrderWorker, installRuntime } from './order-worker.ts'
import { untilAskedToStop } from './process.ts'
import { ensureSchedules } from './schedules.ts'

/** A worker process: carries orders, serves nobody. */
await untilAskedToStop(async (onStop) => {
  const config = readConfig(process.env)
  const logger = createLogger(config.logLevel)
  installRuntime(logger)
  const connection = await connectTemporal(config)
  const connections = openConnections(config, logger)
  await ensureSchedules(new Client({ connection, namespace: config.temporal.namespace }), config)
  const worker = await createOrderWorker(connection, config, connections)
  onStop(() => worker.shutdown())
  console.log(JSON.stringify({ ready: true }))
  await worker.run()
  await connections.close()
  await connection.close()
})
