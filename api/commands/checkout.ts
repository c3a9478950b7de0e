import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { orderWorkflowId } from '../../domain/ids.ts'
import { cancellationProblems } from '../../domain/order.ts'
import { Problem } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import type { Moments } from '../../store/moments.ts'
import { findCheckout, findOrder, type Order } from '../../store/orders/index.ts'
import type { Outcomes } from '../../store/outcomes.ts'
import type { OrderInput } from '../../workflows/order.messages.ts'
import type { order } from '../../workflows/order.ts'
import { CustomerIdKey, OrderStatusKey, PaymentStatusKey } from '../../workflows/search-attributes.ts'
import { isUnheard, type TemporalLink, withDeadline } from './temporal.ts'

export type CheckoutDeps = {
  database: Database
  temporal: TemporalLink
  outcomes: Outcomes
  moments: Moments
  policy: Omit<OrderInput, 'orderId'>
  deadlineMs: number
}

/** `pending`: accepted, and not decided within the deadline or waiting for a person. */
export type CheckoutOutcome = { kind: 'settled'; order: Order } | { kind: 'pending'; order: Order }

const START_WITHIN_MS = 4_000
/** Announcements can be lost with their connection; then we look for ourselves this often. */
const LOOK_EVERY_MS = 500
/** What is not captured by then is captured by a regular activity: the customer need not wait for it. */
const CAPTURE_WITHIN_MS = 2_000

export type CheckoutRequest = { orderId: string; userId: string; summary: string; isRepeat: boolean }

/**
 * Starts the order's workflow, or joins the one that runs, and waits for its outcome. Safe to call any number of times
 * for one order: the workflow id is made from it. The engine forgets ended workflows after a while and we never forget
 * an order, so a repeat looks for the order first: where there is one, its workflow was started.
 */
export async function checkOut(deps: CheckoutDeps, request: CheckoutRequest): Promise<CheckoutOutcome> {
  const deadline = Date.now() + deps.deadlineMs
  const told = deps.outcomes.next(request.orderId, LOOK_EVERY_MS)
  if (!request.isRepeat || !(await isBegun(deps.database, request.orderId))) await start(deps, request)
  return waitForOutcome(deps, request.orderId, deadline, told)
}

async function isBegun(database: Database, orderId: string): Promise<boolean> {
  const checkout = await findCheckout(database, orderId)
  return checkout !== undefined && checkout.outcome !== 'received'
}

async function start({ temporal, policy }: CheckoutDeps, { orderId, userId, summary }: CheckoutRequest) {
  const workflowId = orderWorkflowId(orderId)
  try {
    await withDeadline(temporal.client, START_WITHIN_MS, () =>
      temporal.client.workflow.start<typeof order>('order', {
        workflowId,
        taskQueue: temporal.taskQueue,
        args: [{ orderId, ...policy }],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        requestEagerStart: temporal.canStartEagerly,
        // What a process held when it died is done again after this long: within the time a customer waits.
        workflowTaskTimeout: '5s',
        staticSummary: summary,
        staticDetails: operatorGuide(workflowId),
        typedSearchAttributes: [
          { key: OrderStatusKey, value: 'pending' },
          { key: PaymentStatusKey, value: 'pending' },
          { key: CustomerIdKey, value: userId },
        ],
      }),
    )
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return // it has already come to its end
    if (!isUnheard(error)) throw error
    if (!(await hasStarted(temporal.client, workflowId)))
      throw new Problem('unavailable', {
        detail:
          'It is not known whether the order was taken. Repeat the request with the same Idempotency-Key: it will not be made twice.',
        order_id: orderId,
      })
  }
}

/** An unanswered start may have worked. */
async function hasStarted(client: Client, workflowId: string): Promise<boolean> {
  try {
    await withDeadline(client, 1_000, () => client.workflow.getHandle(workflowId).describe())
    return true
  } catch {
    return false
  }
}

async function waitForOutcome(
  deps: CheckoutDeps,
  orderId: string,
  deadline: number,
  firstTold: Promise<void>,
): Promise<CheckoutOutcome> {
  let told = firstTold
  let seenPaidAt: number | undefined
  for (;;) {
    await told
    const leftMs = deadline - Date.now()
    told = deps.outcomes.next(orderId, Math.max(Math.min(LOOK_EVERY_MS, leftMs), 1))
    const order = await orderOrRefusal(deps.database, orderId)
    if (order?.status === 'paid') seenPaidAt ??= Date.now()
    const isLate = leftMs <= 0 || (seenPaidAt !== undefined && Date.now() - seenPaidAt > CAPTURE_WITHIN_MS)
    if (order && isSettled(order, isLate)) return { kind: 'settled', order }
    if (order && (isWaitingForPerson(order) || leftMs <= 0)) return { kind: 'pending', order }
    if (leftMs <= 0) throw new Problem('unavailable', { order_id: orderId })
  }
}

/** The order, or the problem for which there will be none. */
async function orderOrRefusal(database: Database, orderId: string): Promise<Order | undefined> {
  const order = await findOrder(database, orderId)
  if (order) return order
  const checkout = await findCheckout(database, orderId)
  const refusal = checkout?.refusal
  if (!refusal) return checkout?.order
  if (refusal.code === 'insufficient_stock' || refusal.code === 'product_unavailable')
    throw new Problem(refusal.code, { items: refusal.items })
  throw new Problem(cancellationProblems[refusal.code])
}

/** A paid order whose money is only held yet is worth waiting for a little: the capture is on its way. */
function isSettled(order: Order, isLate: boolean): boolean {
  if (order.status === 'pending') return false
  return isLate || order.status !== 'paid' || order.paymentStatus !== 'authorized' || order.capture === 'manual'
}

const isWaitingForPerson = (order: Order): boolean => order.nextAction !== null || order.reviewUntil !== null

const operatorGuide = (workflowId: string): string => `
Send a signal from here or with the CLI:

\`\`\`
temporal workflow signal --workflow-id ${workflowId} --name ship --input '{"carrier":"…","tracking_number":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name deliver
temporal workflow signal --workflow-id ${workflowId} --name cancel --input '{"reason":"…"}'
temporal workflow signal --workflow-id ${workflowId} --name approve
temporal workflow signal --workflow-id ${workflowId} --name reject --input '{"by":"…","reason":"…"}'
temporal workflow cancel --workflow-id ${workflowId}
\`\`\`

\`cancel\` in either form gives the money and the stock back. \`terminate\` does not: never use it on an order.
`
