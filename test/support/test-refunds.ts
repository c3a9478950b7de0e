import type { Client, WorkflowHandle } from '@temporalio/client'
import { refundWorkflowId } from '../../domain/ids.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { findRefund, type Refund } from '../../store/refunds/index.ts'
import type { RefundInput } from '../../workflows/refund.messages.ts'
import type { refund } from '../../workflows/refund.ts'
import type { TestOrder } from './test-orders.ts'

const DAY_MS = 24 * 60 * 60_000

/** As the API's settings are by default. */
const policy: Pick<RefundInput, 'approval' | 'remindAfterMs' | 'escalateAfterMs'> = {
  approval: { limitMinor: 10_000, withinMs: 30 * DAY_MS, deadlineMs: 14 * DAY_MS },
  remindAfterMs: DAY_MS,
  escalateAfterMs: 3 * DAY_MS,
}

export const staff = { id: 'usr_staff', isStaff: true }

export type RefundAsked = Partial<Omit<RefundInput, 'refundId' | 'orderId'>>
export type TestRefund = { refundId: string; order: TestOrder; handle: WorkflowHandle<typeof refund> }

/** Refunds, started as the API does it. */
export function createTestRefunds({
  database,
  client,
  taskQueue,
}: {
  database: Database
  client: Client
  taskQueue: string
}) {
  return {
    async refund(order: TestOrder, asked: RefundAsked = {}): Promise<TestRefund> {
      const refundId = newId('re')
      const input = {
        refundId,
        orderId: order.orderId,
        items: [],
        reason: 'broken',
        requester: staff,
        ...policy,
        ...asked,
      }
      const handle = await client.workflow.start<typeof refund>('refund', {
        workflowId: refundWorkflowId(refundId),
        taskQueue,
        args: [input],
        staticSummary: 'A refund under test',
      })
      return { refundId, order, handle }
    },
    refundRow: ({ refundId }: { refundId: string }): Promise<Refund | undefined> => findRefund(database, refundId),
  }
}
