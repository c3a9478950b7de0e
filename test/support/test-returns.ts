import type { Client, WorkflowHandle } from '@temporalio/client'
import { returnWorkflowId } from '../../domain/ids.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { findReturn } from '../../store/returns/index.ts'
import { approveReturnUpdate, receiveReturnUpdate, type ReturnInput } from '../../workflows/return.messages.ts'
import type { returnOfGoods } from '../../workflows/return.ts'
import type { TestOrder } from './test-orders.ts'

const DAY_MS = 24 * 60 * 60_000

/** As the API's settings are by default. */
const policy = {
  windowMs: 30 * DAY_MS,
  receiveWithinMs: 30 * DAY_MS,
  remindAfterMs: DAY_MS,
  escalateAfterMs: 3 * DAY_MS,
  ownApprovalLimitMinor: 10_000,
} satisfies Partial<ReturnInput>

export type ReturnWish = Partial<Pick<ReturnInput, keyof typeof policy | 'requester'>> & { quantity?: number }
export type TestReturn = { returnId: string; order: TestOrder; handle: WorkflowHandle<typeof returnOfGoods> }

type Deps = { database: Database; client: Client; taskQueue: string }

/** Returns of an order's units, started as the API does it. */
export function createTestReturns({ database, client, taskQueue }: Deps) {
  return {
    async sendBack(order: TestOrder, { quantity = 2, ...wish }: ReturnWish = {}): Promise<TestReturn> {
      const { orderId, userId, productId } = order
      const returnId = newId('ret')
      const requester = { id: userId, isStaff: false }
      const items = [{ productId, quantity }]
      const handle = await client.workflow.start<typeof returnOfGoods>('returnOfGoods', {
        workflowId: returnWorkflowId(returnId),
        taskQueue,
        args: [{ returnId, orderId, items, reason: 'too big', requester, ...policy, ...wish }],
        staticSummary: 'A return under test',
      })
      return { returnId, order, handle }
    },

    approveReturn: ({ handle }: TestReturn) => handle.executeUpdate(approveReturnUpdate, { args: [{ by: 'manager' }] }),

    goodsCome: ({ handle, order }: TestReturn, quantity: number, restock = true) =>
      handle.executeUpdate(receiveReturnUpdate, {
        args: [{ items: [{ product_id: order.productId, quantity, restock }], by: 'dock', receipt_id: newId('rrc') }],
      }),

    /** Where the return stands, its units and its money, in one look. */
    async returned({ returnId }: TestReturn) {
      const row = await findReturn(database, returnId)
      return {
        return: row?.status ?? 'none',
        received: row?.items.reduce((sum, { received }) => sum + received, 0),
        paidBack: row?.refund?.amountMinor ?? 0,
        needsAttentionOfReturn: row?.needsAttention ?? null,
      }
    },
  }
}
