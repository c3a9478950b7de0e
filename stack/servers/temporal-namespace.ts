import { Connection } from '@temporalio/client'

/** How long finished orders can still be looked at in the Web UI. Restarting servers keeps it. */
const retentionSeconds = 7 * 24 * 3600

export async function describeNamespace(address: string, namespace: string): Promise<void> {
  await connected(address, (connection) => connection.workflowService.describeNamespace({ namespace }))
}

export async function keepFinishedWorkflows(address: string, namespace: string): Promise<void> {
  await connected(address, async ({ workflowService }) => {
    const { config } = await workflowService.describeNamespace({ namespace })
    if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= retentionSeconds) return
    // The generated type wants a Long, the wire takes what converts to one
    const workflowExecutionRetentionTtl = { seconds: retentionSeconds as never }
    await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } })
  })
}

export async function connected<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 5_000 })
  try {
    return await connection.withDeadline(Date.now() + 10_000, () => work(connection))
  } finally {
    await connection.close()
  }
}
