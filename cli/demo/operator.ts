import { Client, Connection } from '@temporalio/client'
import { orderWorkflowId } from '../../domain/ids.ts'
import type { TemporalPlace } from './paid-order.ts'

/** What an operator does from the Web UI or with the temporal CLI. */
export async function approveOrder({ address, namespace }: TemporalPlace, orderId: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 5_000 })
  try {
    const order = new Client({ connection, namespace }).workflow.getHandle(orderWorkflowId(orderId))
    await order.signal('approve', { by: 'demo', reason: 'known customer' })
  } finally {
    await connection.close()
  }
}
