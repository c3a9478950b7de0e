import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { vi } from 'vitest'
import { orderWorkflowId } from '../../domain/ids.ts'
import type { StackFile } from '../../stack/open-stack.ts'

const runFile = promisify(execFile)

/** Whoever looks after orders from a terminal: the temporal CLI against this shop, word for word. */
export async function operatorOf({ address, namespace, cli = 'temporal' }: StackFile['temporal']) {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 })
  const client = new Client({ connection, namespace })

  async function temporal(...args: string[]): Promise<string> {
    const { stdout } = await runFile(cli, [...args, '--address', address, '--namespace', namespace], {
      timeout: 30_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    return stdout
  }

  const signalTo = (workflowId: string, name: string, input?: object) =>
    temporal(
      ...['workflow', 'signal', '--workflow-id', workflowId, '--name', name],
      ...(input ? ['--input', JSON.stringify(input)] : []),
    )

  return {
    client,
    temporal,
    signalTo,
    signal: (orderId: string, name: string, input?: object) => signalTo(orderWorkflowId(orderId), name, input),
    cancel: (orderId: string) => temporal('workflow', 'cancel', '--workflow-id', orderWorkflowId(orderId)),
    /** The ids of the workflows that `temporal workflow list --query` finds. */
    async list(query: string): Promise<string[]> {
      const listed = JSON.parse(await temporal('workflow', 'list', '--query', query, '--output', 'json'))
      return (listed as { execution: { workflowId: string } }[]).map(({ execution }) => execution.workflowId)
    },
    historyLength: async (orderId: string): Promise<number> =>
      (await client.workflow.getHandle(orderWorkflowId(orderId)).describe()).historyLength,
    /** Waits until the order waits: for the world to act, with nothing of its own left to do. */
    comesToRest: (orderId: string): Promise<void> =>
      vi.waitFor(
        async () => {
          const { raw, historyLength } = await client.workflow.getHandle(orderWorkflowId(orderId)).describe()
          const history = await client.workflow.getHandle(orderWorkflowId(orderId)).fetchHistory()
          const hasBegun = history.events?.some((event) => event.workflowTaskCompletedEventAttributes)
          if (
            !hasBegun ||
            raw.pendingActivities?.length ||
            raw.pendingWorkflowTask ||
            history.events?.length !== historyLength
          )
            throw new Error('The order still has work to do')
        },
        { timeout: 30_000, interval: 50 },
      ),
    statusOf: async (orderId: string): Promise<string> =>
      (await client.workflow.getHandle(orderWorkflowId(orderId)).describe()).status.name,
    close: () => connection.close(),
  }
}
