import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { v7 } from 'uuid'
import { closedLoop, type Round } from '../closed-loop.ts'
import { answerTasks, settingsOfHelper } from '../helper-process.ts'
import type { noop, noopRequest } from './workflow.ts'

/**
 * `eager`: the first task comes back with the answer to the start, as the API starts orders. `request`: one that waits
 * already is asked by update to run an activity; its latency is from the question to the answer.
 */
export type NoopTask = { what: 'plain' | 'eager' | 'request'; atOnce: number; durationMs: number }
export type NoopSettings = { address: string; namespace: string }
export type { Round }

export const activities = { nothing: async () => {} }

const taskQueue = 'bench-noop'

const { address, namespace } = settingsOfHelper<NoopSettings>()
const logger = new DefaultLogger('ERROR')
Runtime.install({ logger, shutdownSignals: [] })
const connection = await NativeConnection.connect({ address })
const clients = {
  plain: new Client({ connection: await Connection.connect({ address }), namespace }),
  eager: new Client({ connection, namespace }),
}
const workflowsPath = fileURLToPath(new URL('workflow.ts', import.meta.url))
const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger })
const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, activities })
const running = worker.run()

const execute = (start: 'plain' | 'eager') =>
  clients[start].workflow.execute<typeof noop>('noop', {
    workflowId: `noop-${v7()}`,
    taskQueue,
    requestEagerStart: start === 'eager',
  })

async function request(answeredAfter: (latencyMs: number) => void): Promise<void> {
  const start = { workflowId: `noop-${v7()}`, taskQueue, requestEagerStart: true }
  const handle = await clients.eager.workflow.start<typeof noopRequest>('noopRequest', start)
  const askedAt = performance.now()
  await handle.executeUpdate<void, []>('act')
  answeredAfter(performance.now() - askedAt)
}

answerTasks(
  async ({ what, atOnce, durationMs }: NoopTask) => {
    if (what !== 'request') return closedLoop({ atOnce, durationMs, once: () => execute(what) })
    const latenciesMs: number[] = []
    const once = () => request((latencyMs) => latenciesMs.push(latencyMs))
    return { ...(await closedLoop({ atOnce, durationMs, once })), latenciesMs }
  },
  async () => {
    worker.shutdown()
    await running
  },
)
