import { createLogger } from './logger.ts'
import { readConfig } from './config.ts'
import { openConnections } from './connections.ts'
import { installRuntime, runOrderWorker } from './order-worker.ts'
import { untilAskedToStop } from './process.ts'

/** A worker process: carries orders, serves nobody. */
await untilAskedToStop(async (stop) => {
  const config = readConfig(process.env)
  const logger = createLogger(config.logLevel)
  installRuntime(logger)
  const connections = openConnections(config, logger)
  await runOrderWorker(config, connections, {
    stop,
    onRunning: () => console.log(JSON.stringify({ ready: true })),
  })
  await connections.close()
})
