import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { webhookQueueOf } from '../domain/ids.ts'
import { activityBoundary } from '../activities/boundary.ts'
import { type ActivityDeps, createActivities } from '../activities/index.ts'
import { bundleWorkflows } from './bundle.ts'
import type { Config } from './config.ts'
import { ensureSchedules } from './schedules.ts'

/** Hands the engine's own log lines to ours. Once per process, before anything else of Temporal is used. */
export function installRuntime(logger: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => logger[levels[level]]({ ...meta }, message)),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
    shutdownSignals: [],
  })
}

const RETRY_MS = 1_000

/**
 * Runs a worker for all of the shop's workflows and effects until it is asked to stop. While Temporal is away it waits
 * for it. `onRunning` is given the connection, for a client that starts orders eagerly.
 */
export async function runOrderWorker(
  config: Config,
  deps: ActivityDeps,
  { stop, onRunning }: { stop: AbortSignal; onRunning: (connection: NativeConnection) => void },
): Promise<void> {
  const ready = await prepare(config, deps, stop)
  if (!ready) return
  const asked = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()))
  if (stop.aborted) return ready.connection.close()
  onRunning(ready.connection)
  await Promise.all(ready.workers.map((worker) => worker.runUntil(asked)))
  await ready.connection.close()
}

async function prepare(config: Config, deps: ActivityDeps, stop: AbortSignal) {
  while (!stop.aborted) {
    let connection: NativeConnection | undefined
    try {
      connection = await NativeConnection.connect({ address: config.temporal.address })
      await ensureSchedules(new Client({ connection, namespace: config.temporal.namespace }), config)
      const create = [createOrderWorker, createWebhookWorker]
      return {
        connection,
        workers: await Promise.all(create.map((each) => each(connection as NativeConnection, config, deps))),
      }
    } catch (error) {
      deps.logger.warn({ err: error }, 'the worker cannot start yet and tries again')
      await connection?.close().catch(() => {}) // the next try opens one of its own
      await sleep(RETRY_MS, undefined, { signal: stop }).catch(() => {})
    }
  }
  return undefined
}

async function createOrderWorker(
  connection: NativeConnection,
  { temporal, database }: Config,
  deps: ActivityDeps,
): Promise<Worker> {
  return Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: temporal.taskQueue,
    workflowBundle: temporal.workflowBundle ? { codePath: temporal.workflowBundle } : { code: await bundleWorkflows() },
    activities: createActivities(deps),
    interceptors: { activity: [activityBoundary] },
    // More effects at once than connections would only queue up before the pool.
    maxConcurrentLocalActivityExecutions: database.poolSize * 2,
    maxConcurrentActivityTaskExecutions: database.poolSize * 2,
    // After a crash, what the dead process held is given to another after this long.
    stickyQueueScheduleToStartTimeout: '2s',
    shutdownGraceTime: '20s',
    shutdownForceTime: '30s',
  })
}

const SENT_AT_ONCE = 16

/** Others' servers that do not answer keep nobody waiting but each other: what is sent to them has slots of its own. */
function createWebhookWorker(connection: NativeConnection, { temporal }: Config, deps: ActivityDeps): Promise<Worker> {
  const { sendWebhook } = createActivities(deps)
  return Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: webhookQueueOf(temporal.taskQueue),
    activities: { sendWebhook },
    interceptors: { activity: [activityBoundary] },
    maxConcurrentActivityTaskExecutions: SENT_AT_ONCE,
    maxConcurrentActivityTaskPolls: 2,
    shutdownGraceTime: '20s',
    shutdownForceTime: '30s',
  })
}
