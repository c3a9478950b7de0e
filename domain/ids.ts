// Every name that must come out the same wherever it is made: resources, workflows, idempotency keys.

const prefixes = [
  'ord',
  're',
  'po',
  'rcp',
  'usr',
  'prd',
  'pay',
  'adj',
  'rec',
  'rev',
  'sup',
  'whk',
  'mdl',
  'ret',
  'rrc',
] as const
export type IdPrefix = (typeof prefixes)[number]

export const orderWorkflowId = (orderId: string): string => `order-${orderId}`

export const refundWorkflowId = (refundId: string): string => `refund-${refundId}`

export const replenishmentWorkflowId = (replenishmentId: string): string => `replenishment-${replenishmentId}`

export const returnWorkflowId = (returnId: string): string => `return-${returnId}`

export const reconciliationWorkflowId = (runId: string): string => `reconciliation-${runId}`

/** One delivery of an event to an endpoint; a person who has it delivered again begins another round. */
export const webhookWorkflowId = (delivery: { eventId: string; endpointId: string; round: number }): string =>
  `webhook-${delivery.eventId}-${delivery.endpointId}${delivery.round > 1 ? `-${delivery.round}` : ''}`

/** The task queue of what is sent to others, beside that of all else. */
export const webhookQueueOf = (taskQueue: string): string => `${taskQueue}-webhooks`

export const recommendationTrainingWorkflowId = (modelId: string): string => `recommendation-training-${modelId}`

/** The name of one payout of a refund. Only an attempt that the gateway refused for good is followed by another. */
export const refundKey = (refundId: string, attempt: number): string => `${refundId}:pay:${attempt}`

/** The name of one effect of one order, for ever: never made from an attempt, a run or a clock. */
export const orderStepKey = (orderId: string, step: 'authorize' | 'capture' | 'void' | 'refund'): string =>
  `${orderId}:${step}`

/** The name of what one supplier is asked for by one replenishment; who is asked next gets the next turn. */
export const supplierOrderKey = (replenishmentId: string, turn: number): string => `${replenishmentId}:supplier:${turn}`

/** The name under which a hold is let go that belongs to no order. */
export const strayHoldKey = (intentId: string): string => `${intentId}:stray:void`

/** A cancellation gives the money back once: the refund's id follows from the order's. */
export const cancellationRefundIdOf = (orderId: string): string => orderId.replace(/^ord_/, 're_')

/** A return is paid back once: its refund's id follows from its own. */
export const returnRefundIdOf = (returnId: string): string => returnId.replace(/^ret_/, 're_')

const idShape = new RegExp(
  `^(${prefixes.join('|')})_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
)

export const isId = (prefix: IdPrefix, value: string): boolean => value.startsWith(`${prefix}_`) && idShape.test(value)
