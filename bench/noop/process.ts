import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { v7 } from 'uuid'
import { closedLoop, type Round } from '../closed-loop.ts'
import { answerTasks, settingsOfHelper } from '../helper-process.ts'
import type { noop } from './workflow.ts'

/** `eager`: the first task comes back with the answer to the start, as the API starts orders. */
export type NoopTask = { start: 'plain' | 'eager'; atOnce: number; durationMs: number }
export type NoopSettings = { address: string; namespace: string }
export type { Round }

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
const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle })
const running = worker.run()

answerTasks(
  ({ start, atOnce, durationMs }: NoopTask) =>
    closedLoop({
      atOnce,
      durationMs,
      once: () =>
        clients[start].workflow.execute<typeof noop>('noop', {
          workflowId: `noop-${v7()}`,
          taskQueue,
          requestEagerStart: start === 'eager',
        }),
    }),
  async () => {
    worker.shutdown()
    await running
  },
)
