import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { activityBoundary } from '../activities/boundary.ts'
import { type ActivityDeps, createActivities } from '../activities/index.ts'
import { bundleWorkflows } from './bundle.ts'
import type { Config } from './config.ts'

/** Hands the engine's own log lines to ours. Once per process, before anything else of Temporal is used. */
export function installRuntime(logger: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => logger[levels[level]]({ ...meta }, message)),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
    shutdownSignals: [],
  })
}

export const connectTemporal = ({ temporal }: Config): Promise<NativeConnection> =>
  NativeConnection.connect({ address: temporal.address })

/** A worker for all of the shop's workflows and effects. */
export async function createOrderWorker(
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
