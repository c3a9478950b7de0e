/** Every fact that the world is told of. docs/events.md says what each means and carries. */
export const eventTypes = [
  'order.created',
  'order.paid',
  'order.shipped',
  'order.delivered',
  'order.cancelled',
  'order.status_updated',
  'order.completed',
  'order.failed',
  'payment.success',
  'payment.failed',
  'payment.voided',
  'payment.disputed',
  'payment.dispute_won',
  'payment.dispute_lost',
  'refund.requested',
  'refund.success',
  'refund.failed',
  'return.requested',
  'return.approved',
  'return.denied',
  'return.received',
  'return.refunded',
  'return.expired',
  'return.cancelled',
  'inventory.released',
  'inventory.low',
  'product.updated',
] as const

export type EventType = (typeof eventTypes)[number]

/** One Redis stream for each. */
export const topics = ['order', 'payment', 'refund', 'return', 'inventory', 'product'] as const

export const topicOf = (type: string): string => type.split('.', 1)[0] ?? type
