import type { Client, WorkflowHandle } from '@temporalio/client'
import type { UpdateDefinition } from '@temporalio/common'
import { vi } from 'vitest'
import { orderWorkflowId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import { type Address, recordCheckout } from '../../store/checkouts.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { findOrder, type Order } from '../../store/orders/index.ts'
import { createUser } from '../../store/users.ts'
import { type OrderInput, paymentNewsSignal } from '../../workflows/order.messages.ts'
import type { order } from '../../workflows/order.ts'
import { CustomerIdKey, OrderStatusKey, PaymentStatusKey } from '../../workflows/search-attributes.ts'
import type { Sandbox } from '../sandbox/sandbox-process.ts'
import type { createFaults, Effect, Trouble } from './activity-faults.ts'
import { addProduct } from './shop-api.ts'

/** What must never be read in an engine's history. */
export const privateData = {
  email: (name: string) => `${name}@private.example`,
  name: 'Philippa Privatissima',
  line1: '17 Undisclosed Lane',
  city: 'Secretville',
  postal_code: '99-CONFIDENTIAL',
  phone: '+1 555 0199 42',
}

const address: Address = {
  name: privateData.name,
  line1: privateData.line1,
  city: privateData.city,
  postal_code: privateData.postal_code,
  country: 'US',
  phone: privateData.phone,
}

/** As the API's settings are by default. */
const policy: Omit<OrderInput, 'orderId'> = {
  paymentHoldMs: 15 * 60_000,
  reviewDeadlineMs: 24 * 60 * 60_000,
  risk: { reviewAbove: 0.5, rejectAbove: 0.8 },
  isPaidAtOnce: true,
}

export type CheckoutWish = {
  token?: string
  capture?: 'automatic' | 'manual'
  quantity?: number
  /** Another order's, or one of its own with five units. */
  productId?: string
  /** One unit each of these as well. */
  moreProductIds?: string[]
  userId?: string
  priceMinor?: number
  billingAddress?: Address
  policy?: Partial<typeof policy>
  troubles?: Partial<Record<Effect, Trouble>>
}

export type TestOrder = {
  orderId: string
  userId: string
  productId: string
  handle: WorkflowHandle<typeof order>
  wish: CheckoutWish
}

type Deps = {
  database: Database
  sandbox: Sandbox
  client: Client
  taskQueue: string
  faults: ReturnType<typeof createFaults>
}

export const UNITS = 5

/** Causes, by their numbers in the API, for which a task is given out again though nothing is wrong with the code. */
const ordinaryCauses = { unhandledCommand: 1, resetStickyTaskQueue: 13, forceCloseCommand: 17 }

/** Customers, products and checkouts, recorded and started as the API does it. */
export function createTestOrders({ database, sandbox, client, taskQueue, faults }: Deps) {
  const started: TestOrder[] = []

  async function customer(): Promise<string> {
    const id = newId('usr')
    const username = `u-${id.slice(-12)}`
    await createUser(database, { id, username, email: privateData.email(username), passwordHash: 'none' })
    return id
  }

  /** A checkout that is recorded and not started. */
  async function prepare(wish: CheckoutWish = {}): Promise<TestOrder> {
    const orderId = newId('ord')
    const userId = wish.userId ?? (await customer())
    const productId =
      wish.productId ?? (await addProduct(database, { onHand: UNITS, priceMinor: wish.priceMinor ?? 1_999 }))
    for (const [effect, trouble] of Object.entries(wish.troubles ?? {})) faults.set(orderId, effect as Effect, trouble)
    await recordCheckout(
      database,
      { userId, route: 'POST /v1/orders', key: orderId, fingerprint: Buffer.from(orderId) },
      {
        orderId,
        userId,
        tokenVersion: 0,
        lines: [
          { productId, quantity: wish.quantity ?? 2 },
          ...(wish.moreProductIds ?? []).map((id) => ({ productId: id, quantity: 1 })),
        ],
        payment: { method: 'card', token: wish.token ?? 'tok_visa', capture: wish.capture ?? 'automatic' },
        shippingAddress: address,
        billingAddress: wish.billingAddress ?? address,
      },
    )
    const handle = client.workflow.getHandle<typeof order>(orderWorkflowId(orderId))
    return { orderId, userId, productId, handle, wish }
  }

  async function start(prepared: TestOrder): Promise<void> {
    started.push(prepared)
    await client.workflow.start<typeof order>('order', {
      workflowId: orderWorkflowId(prepared.orderId),
      taskQueue,
      args: [{ orderId: prepared.orderId, ...policy, ...prepared.wish.policy }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: 'An order under test',
      typedSearchAttributes: [
        { key: OrderStatusKey, value: 'pending' },
        { key: PaymentStatusKey, value: 'pending' },
        { key: CustomerIdKey, value: prepared.userId },
      ],
    })
  }

  const row = async ({ orderId }: TestOrder): Promise<Order> => {
    const found = await findOrder(database, orderId)
    if (!found) throw new Error(`There is no order ${orderId} yet`)
    return found
  }

  /** Waits until the order, or the refund, does nothing by itself: it waits for somebody, or has come to its end. */
  const atRest = ({ handle }: { handle: Pick<WorkflowHandle, 'describe' | 'workflowId'> }): Promise<void> =>
    eventually(async () => {
      const { status, raw } = await handle.describe()
      if (status.name !== 'RUNNING') return
      if (raw.pendingWorkflowTask || raw.pendingActivities?.length) throw new Error(`${handle.workflowId} is at work`)
    }, 200)

  return {
    customer,
    product: (given?: Parameters<typeof addProduct>[1]) => addProduct(database, given),
    prepare,
    start,
    row,
    atRest,

    /** A started checkout. */
    async checkOut(wish: CheckoutWish = {}): Promise<TestOrder> {
      const prepared = await prepare(wish)
      await start(prepared)
      return prepared
    },

    /** Where the order, its units and its money are, in one look. */
    async standing(test: TestOrder) {
      const [found, stock, ledger, execution] = await Promise.all([
        findOrder(database, test.orderId),
        database.query<{ on_hand: number; reserved: number }>('select * from stock where product_id = $1', [
          test.productId,
        ]),
        sandbox.ledger(test.orderId),
        test.handle.describe(),
      ])
      return {
        status: found?.status ?? 'none',
        payment: found?.paymentStatus ?? 'none',
        reason: found?.cancelReason ?? null,
        needsAttention: found?.needsAttention ?? null,
        onHand: stock.rows[0]?.on_hand,
        reserved: stock.rows[0]?.reserved,
        gateway: ledger.map(({ type }) => type),
        workflow: execution.status.name,
      }
    },

    /** Tasks that the code of a workflow could not do: such an order would hang until somebody mends the code. */
    async brokenTasks(): Promise<string[]> {
      const histories = await Promise.all(started.map(({ handle }) => handle.fetchHistory()))
      const events = histories.flatMap(({ events: each }) => each ?? [])
      return events.flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
        failed && !Object.values(ordinaryCauses).includes(failed.cause as number)
          ? [failed.failure?.message ?? String(failed.cause)]
          : [],
      )
    },

    /** Asks as the API does, and waits until it is done. */
    ask: <Request>(test: TestOrder, update: UpdateDefinition<OrderStatus, [Request]>, request: Request) =>
      test.handle.executeUpdate(update, { args: [request] }),

    /** The customer answers their bank, and the gateway's notice arrives. */
    async customerAnswers(test: TestOrder, outcome: 'succeed' | 'fail', { notice = true } = {}): Promise<void> {
      const action = (await row(test)).nextAction
      await sandbox.post(`/v1/payment_intents/${action?.payment_intent_id}/confirm_action`, { outcome })
      if (notice) await test.handle.signal(paymentNewsSignal, { type: 'payment.authorized', amountMinor: 0 })
    },

    /** The reason for which a person was called to the order. */
    calledForAttention: (test: TestOrder): Promise<string> =>
      eventually(async () => {
        const { needsAttention } = await row(test)
        if (needsAttention === null) throw new Error(`${test.orderId} calls for nobody`)
        return needsAttention
      }),

    /** The customer's bank takes the money back for now, and the gateway's notice arrives. */
    async bankDisputes(test: TestOrder): Promise<void> {
      const dispute = await eventually(async () => {
        const found = (await sandbox.ledger(test.orderId)).find(({ type }) => type === 'dispute')
        if (!found) throw new Error(`${test.orderId} is not disputed yet`)
        return found
      })
      await test.handle.signal(paymentNewsSignal, { type: 'payment.disputed', amountMinor: dispute.amount })
    },

    /** The bank decides about the dispute for good, and the gateway's notice arrives. */
    async bankDecides(test: TestOrder, outcome: 'won' | 'lost'): Promise<void> {
      const dispute = (await sandbox.ledger(test.orderId)).find(({ type }) => type === 'dispute')
      await sandbox.post(`/v1/payment_intents/${dispute?.intent_id}/settle_dispute`, { outcome })
      await test.handle.signal(paymentNewsSignal, {
        type: `payment.dispute_${outcome}`,
        amountMinor: dispute?.amount ?? 0,
      })
    },
  }
}

/** Waits for something that the other side will do by itself. */
export const eventually = <T>(look: () => T | Promise<T>, interval = 50): Promise<T> =>
  vi.waitFor(look, { timeout: 150_000, interval })
