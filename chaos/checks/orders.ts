import { answersOf, finalAnswer, type Heard, isFinal, type Operation } from '../traffic/history.ts'
import type { BookedOrder, Books } from './books.ts'
import { describe, type HistoryCheck, violation, type Violations } from './evidence.ts'

type Status = BookedOrder['status']

/** Written down once more, on purpose: a mistake in the shop's own table must not be a mistake of its checker. */
const mayStillBecome: Record<Status, readonly Status[]> = {
  pending: ['pending', 'paid', 'shipped', 'delivered', 'cancelled'],
  paid: ['paid', 'shipped', 'delivered', 'cancelled'],
  shipped: ['shipped', 'delivered'],
  delivered: ['delivered'],
  cancelled: ['cancelled'],
}

const mayStillBePaid: Record<string, readonly string[]> = {
  captured: ['captured', 'partially_refunded', 'refunded'],
  partially_refunded: ['partially_refunded', 'refunded'],
  refunded: ['refunded'],
  voided: ['voided'],
  failed: ['failed'],
}

export const nothingAcknowledgedIsLost: HistoryCheck = {
  name: 'nothing_acknowledged_is_lost',
  promise: 'What a client heard of an order is so: it exists, is theirs, and stands at least as far as they were told.',
  look: ({ operations, books }) => {
    const cancelled = new Set(operations.filter(({ kind }) => kind === 'cancel').map(({ orderId }) => orderId))
    return operations.flatMap((operation) =>
      answersOf(operation).flatMap((heard) => whatWasLost(operation, heard, books, cancelled)),
    )
  },
}

export const refusedIsNotDone: HistoryCheck = {
  name: 'refused_is_not_done',
  promise: 'What was refused did not happen behind the back of whoever asked.',
  look: ({ operations, books }) =>
    operations.flatMap((operation) => whatWasDoneAllTheSame(operation, operations, books)),
}

export const noOrderGoesBack: HistoryCheck = {
  name: 'no_order_goes_back',
  promise: 'Nobody who looks at an order sees less than was known of it before.',
  look: ({ operations }) => whoSawLess(operations),
}

function whatWasLost(
  operation: Operation,
  heard: Heard,
  books: Books,
  cancelled: ReadonlySet<string | undefined>,
): Violations {
  const orderId = heard.orderId ?? operation.orderId
  if (heard.status === 404 && orderId !== undefined)
    return [violation(operation, 'was told that there is no such order')]
  if (heard.status >= 300 || heard.orderStatus === undefined || orderId === undefined) return []
  const order = books.orders.get(orderId)
  const told = heard.orderStatus as Status
  // A checkout that was only taken down so far is shown as a pending order.
  if (!order)
    return told === 'pending' && heard.status !== 201
      ? []
      : [violation(operation, `was told ${told}; the books have no such order`)]
  const complaints: string[] = []
  if (operation.kind === 'checkout' && heard.status === 201 && told === 'pending')
    complaints.push('was answered as decided while it was pending')
  if (!mayStillBecome[told].includes(order.status)) complaints.push(`was told ${told}, it is ${order.status}`)
  const paid = mayStillBePaid[heard.paymentStatus ?? '']
  if (paid && !paid.includes(order.paymentStatus))
    complaints.push(`was told ${heard.paymentStatus}, it is ${order.paymentStatus}`)
  if (operation.kind === 'checkout' && order.userId !== operation.by) complaints.push(`it belongs to ${order.userId}`)
  if (told === 'paid' && order.status === 'cancelled' && !cancelled.has(orderId))
    complaints.push(`was told paid, it was cancelled (${order.cancelReason}) though nobody asked for that`)
  const wanted = { cancel: 'cancelled', reject: 'cancelled', ship: 'shipped', deliver: 'delivered' }[
    operation.kind as 'ship'
  ]
  if (wanted !== undefined && !mayStillBecome[wanted as Status].includes(order.status))
    complaints.push(`${operation.kind} was acknowledged, it is ${order.status}`)
  return complaints.map((complaint) => violation(operation, complaint))
}

const doneBy: Partial<Record<Operation['kind'], readonly Status[]>> = {
  cancel: ['cancelled'],
  ship: ['shipped', 'delivered'],
  deliver: ['delivered'],
}

function whatWasDoneAllTheSame(operation: Operation, operations: readonly Operation[], books: Books): Violations {
  const refused = answersOf(operation).some((heard) => isFinal(heard) && heard.status >= 400)
  if (!refused) return []
  if (operation.kind === 'checkout' && operation.conflictsWith === undefined) {
    const order = books.orders.get(books.keys.get(`${operation.by} ${operation.key}`) ?? '')
    const isLive = order && order.status !== 'cancelled' && finalAnswer(operation)?.code !== 'order_cancelled'
    return isLive && !answersOf(operation).some(({ status }) => status === 201)
      ? [violation(operation, `heard ${describe(operation)}; the order is ${order.status}`)]
      : []
  }
  const done = doneBy[operation.kind]
  const order = books.orders.get(operation.orderId ?? '')
  if (!done || !order || !done.includes(order.status)) return []
  const another = operations.some(
    ({ kind, orderId, id }) => orderId === operation.orderId && kind === operation.kind && id !== operation.id,
  )
  return another ? [] : [violation(operation, `heard ${describe(operation)}; the order is ${order.status}`)]
}

/** Only a look that began after something was known has to show it. */
function whoSawLess(operations: readonly Operation[]): Violations {
  const known = new Map<string, { atMs: number; status: Status }[]>()
  for (const { sends } of operations)
    for (const { heard, heardMs } of sends)
      if (heard?.orderId && heard.orderStatus && heardMs !== null && heard.status < 300) {
        const list = known.get(heard.orderId) ?? []
        known.set(heard.orderId, list)
        list.push({ atMs: heardMs, status: heard.orderStatus as Status })
      }
  return operations
    .filter(({ kind }) => kind === 'look')
    .flatMap((look) =>
      look.sends.flatMap(({ heard, sentMs }) => {
        const seen = heard?.orderStatus as Status | undefined
        if (!heard?.orderId || !seen) return []
        const more = known
          .get(heard.orderId)
          ?.find(({ atMs, status }) => atMs < sentMs && !mayStillBecome[status].includes(seen))
        return more ? [violation(look, `saw ${seen} after ${more.status} was known`)] : []
      }),
    )
}
