/** `frequent` leaves out what takes long on a large catalogue; `whole` looks at everything. */
export type ReconciliationKind = 'frequent' | 'whole'

export type FindingStatus = 'open' | 'repaired' | 'gone'

/**
 * What the shop may mend by itself, in this order: a reservation that is missing is written before the promises are
 * counted. Each is safe whoever else is at work: it looks again under the locks that the act itself would take.
 */
export const remedies = [
  'restore_reservations',
  'release_reservations',
  'recount_promises',
  'let_go_of_hold',
  'publish_event',
  'abandon_checkout',
  'index_again',
] as const

export type Remedy = (typeof remedies)[number]

type Diagnosis = { cause: string; remedy?: Remedy }

const diagnoses: Record<string, Diagnosis> = {
  reservation_agrees_with_order: {
    cause: 'The reservation of an order was deleted or changed by hand, or a restored backup lacks it',
    remedy: 'restore_reservations',
  },
  cancelled_order_holds_nothing: {
    cause: 'A reservation leaked: its order was given up and the units stayed promised',
    remedy: 'release_reservations',
  },
  reserved_is_what_orders_hold: {
    cause: 'The count of promised units was changed without a reservation, or a reservation without the count',
    remedy: 'recount_promises',
  },
  hold_ends_with_its_order: {
    cause: 'Money is held at the gateway for an order that is not there or was given up',
    remedy: 'let_go_of_hold',
  },
  gateway_ledger_is_in_our_books: {
    cause: 'Money moved at the gateway that our books do not know of: made by hand, or its order was lost',
    remedy: 'let_go_of_hold',
  },
  no_charge_without_an_order: {
    cause: 'Money moved at the gateway for an order that is not there, or not over its total',
    remedy: 'let_go_of_hold',
  },
  every_fact_has_its_event: {
    cause: 'The process that had to tell the world was lost for good, or the event was deleted',
    remedy: 'publish_event',
  },
  every_checkout_is_decided: {
    cause: 'Everything stopped between taking the request down and starting its workflow, and it was never repeated',
    remedy: 'abandon_checkout',
  },
  index_holds_as_many_products_as_are_for_sale: {
    cause: 'The search index was dropped, or lost or kept documents that it should not',
    remedy: 'index_again',
  },
  index_holds_every_product_as_it_is: {
    cause: 'The search index has an old version of the product, or none, or one that is not for sale',
    remedy: 'index_again',
  },
  every_open_order_is_looked_after: { cause: 'The workflow was terminated or deleted, or the engine lost it' },
  every_open_refund_is_looked_after: { cause: 'The workflow was terminated or deleted, or the engine lost it' },
  every_open_return_is_looked_after: { cause: 'The workflow was terminated or deleted, or the engine lost it' },
  every_open_replenishment_is_looked_after: { cause: 'The workflow was terminated or deleted, or the engine lost it' },
  every_open_delivery_is_looked_after: { cause: 'The workflow was terminated or deleted, or the engine lost it' },
}

/** Why a promise may be broken, and what the shop may do about it by itself. */
export const diagnose = (check: string): Diagnosis =>
  diagnoses[check] ?? { cause: 'The data was changed by hand or by another program, or it is a defect of the shop' }
