import type { OrderStatus } from './order.ts'
import type { Refundable } from './refund.ts'

export type ReturnStatus =
  | 'requested'
  | 'approved'
  | 'denied'
  | 'partially_received'
  | 'received'
  | 'refunded'
  | 'expired'
  | 'cancelled'

export type ReturnItem = { productId: string; quantity: number }

/** `restock`: the units go back onto the shelf. */
export type ReceivedItem = ReturnItem & { restock: boolean }

/** Units are awaited. */
export const isAwaited = (status: ReturnStatus): boolean => status === 'approved' || status === 'partially_received'

/** The return has still something to do. */
export const isOpenReturn = (status: ReturnStatus): boolean =>
  status === 'requested' || status === 'received' || isAwaited(status)

/** What decides whether goods of an order may come back. */
export type Returnable = Pick<Refundable, 'capturedMinor' | 'refundedMinor' | 'lines'> & {
  orderStatus: OrderStatus
  /** Missing while the parcel is on its way. */
  deliveredForMs: number | null
}

export type ReturnQuote =
  /** What the units cost. */
  { outcome: 'quoted'; valueMinor: number } | { outcome: 'refused'; problem: ReturnRefusal; detail: string }

export type ReturnRefusal = 'not_returnable' | 'return_window_over' | 'return_exceeds_bought' | 'invalid_request'

/** What the units come to that somebody wants to send back, or why they cannot. */
export function quoteReturn(items: readonly ReturnItem[], returnable: Returnable, windowMs: number): ReturnQuote {
  const { orderStatus, deliveredForMs, capturedMinor, refundedMinor } = returnable
  if (orderStatus !== 'shipped' && orderStatus !== 'delivered')
    return refused('not_returnable', `The order is ${orderStatus}`)
  if (deliveredForMs !== null && deliveredForMs > windowMs)
    return refused('return_window_over', 'It was delivered too long ago')
  if (refundedMinor >= capturedMinor) return refused('not_returnable', 'All of the money has gone back')
  const lines = new Map(returnable.lines.map((line) => [line.productId, line]))
  let valueMinor = 0
  for (const { productId, quantity } of items) {
    const line = lines.get(productId)
    if (!line) return refused('invalid_request', `The order has no ${productId}`)
    const left = line.quantity - line.refundedUnits
    if (quantity > left) return refused('return_exceeds_bought', `Of ${productId} ${left} can still be returned`)
    valueMinor += line.unitPriceMinor * quantity
  }
  return { outcome: 'quoted', valueMinor }
}

const refused = (problem: ReturnRefusal, detail: string): ReturnQuote => ({ outcome: 'refused', problem, detail })
