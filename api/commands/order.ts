import type { UpdateDefinition } from '@temporalio/common'
import { createHash } from 'node:crypto'
import { orderWorkflowId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'
import { Problem } from '../../domain/problems.ts'
import { type PaymentNews, paymentNewsSignal } from '../../workflows/order.messages.ts'
import { isGone, isUnheard, refusalOf, type TemporalLink, withDeadline } from './temporal.ts'

const UPDATE_WITHIN_MS = 10_000

type Ask<Request> = { orderId: string; request: Request; requestId: string }

/**
 * Asks something of a running order and waits until it is done; `ended` when there is no running workflow to ask.
 * `requestId` makes a repeat find the first one's answer.
 */
export async function askOrder<Request>(
  { client }: TemporalLink,
  update: UpdateDefinition<OrderStatus, [Request]>,
  { orderId, request, requestId }: Ask<Request>,
): Promise<'done' | 'ended'> {
  try {
    await withDeadline(client, UPDATE_WITHIN_MS, () =>
      client.workflow
        .getHandle(orderWorkflowId(orderId))
        .executeUpdate(update, { args: [request], updateId: updateIdOf(requestId) }),
    )
    return 'done'
  } catch (error) {
    if (isGone(error)) return 'ended'
    if (isUnheard(error))
      throw new Problem('unavailable', {
        detail: 'It is not known yet whether this was done. Repeat the request with the same Idempotency-Key.',
      })
    throw refusalOf(error) ?? error
  }
}

/** Update ids are plain text in the engine; a caller's key is not for everyone to read. */
const updateIdOf = (requestId: string): string => createHash('sha256').update(requestId).digest('hex').slice(0, 32)

/** Wakes an order because something happened at the gateway. `ended`: the order's workflow is over. */
export async function tellOrder(
  { client }: TemporalLink,
  orderId: string,
  news: PaymentNews,
): Promise<'told' | 'ended'> {
  try {
    await withDeadline(client, 3_000, () =>
      client.workflow.getHandle(orderWorkflowId(orderId)).signal(paymentNewsSignal, news),
    )
    return 'told'
  } catch (error) {
    if (isGone(error)) return 'ended'
    if (isUnheard(error)) throw new Problem('unavailable')
    throw error
  }
}
