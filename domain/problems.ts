/**
 * The one table of what can go wrong: the HTTP status, the OpenAPI entries, whether an activity is worth repeating and
 * the words a person reads all come from here. A code, once published, keeps its meaning.
 */
export const problems = {
  malformed_request: { status: 400, retry: false, title: 'The request could not be read' },
  idempotency_key_required: {
    status: 400,
    retry: false,
    title: 'This request needs an Idempotency-Key header of 1 to 255 printable ASCII characters',
  },
  invalid_webhook: { status: 400, retry: false, title: 'The notice is not signed as it must be' },
  unauthenticated: { status: 401, retry: false, title: 'A valid access token is needed' },
  invalid_credentials: { status: 401, retry: false, title: 'E-mail or password is wrong' },
  payment_declined: { status: 402, retry: false, title: 'The payment was declined' },
  payment_unavailable: {
    status: 402,
    retry: false,
    title: 'The payment could not be made in time and nothing was charged; order again with a new Idempotency-Key',
  },
  forbidden: { status: 403, retry: false, title: 'Your role does not allow this' },
  not_a_buyer: { status: 403, retry: false, title: 'Only who has bought a product may review it' },
  own_refund: { status: 403, retry: false, title: 'Somebody other than who asked for the refund must decide about it' },
  own_return: {
    status: 403,
    retry: false,
    title: 'Above the limit of refunds somebody other than who asked for the return must decide about it',
  },
  payment_risk: { status: 403, retry: false, title: 'The payment was refused as too risky' },
  not_found: { status: 404, retry: false, title: 'There is nothing here' },
  product_not_found: { status: 404, retry: false, title: 'No such product' },
  order_not_found: { status: 404, retry: false, title: 'No such order' },
  refund_not_found: { status: 404, retry: false, title: 'No such refund' },
  return_not_found: { status: 404, retry: false, title: 'No such return' },
  replenishment_not_found: { status: 404, retry: false, title: 'No such replenishment' },
  review_not_found: { status: 404, retry: false, title: 'No such review' },
  webhook_endpoint_not_found: { status: 404, retry: false, title: 'No such webhook endpoint' },
  webhook_delivery_not_found: { status: 404, retry: false, title: 'No such delivery' },
  method_not_allowed: { status: 405, retry: false, title: 'This method is not allowed here' },
  insufficient_stock: { status: 409, retry: false, title: 'There is not enough stock' },
  product_unavailable: { status: 409, retry: false, title: 'A product is no longer for sale' },
  not_cancellable: { status: 409, retry: false, title: 'The order can no longer be cancelled' },
  order_cancelled: { status: 409, retry: false, title: 'The order was cancelled before it was paid' },
  invalid_transition: { status: 409, retry: false, title: 'It is not in a state that allows this' },
  capture_failed: { status: 409, retry: false, title: 'The authorized money could not be captured' },
  refund_exceeds_captured: { status: 409, retry: false, title: 'That is more than can still be refunded' },
  not_returnable: { status: 409, retry: false, title: 'Nothing of this order can be returned' },
  return_window_over: { status: 409, retry: false, title: 'It is too late to return this' },
  return_exceeds_bought: { status: 409, retry: false, title: 'Those are more units than can still be returned' },
  replenishment_open: { status: 409, retry: false, title: 'The product is being replenished already' },
  not_served: { status: 409, retry: false, title: 'Another version of the recommendations is served by now' },
  no_earlier_model: { status: 409, retry: false, title: 'No version was published before the one that is served' },
  review_exists: { status: 409, retry: false, title: 'You have reviewed this product already' },
  supplier_name_taken: { status: 409, retry: false, title: 'Another supplier has this name' },
  over_receipt: { status: 409, retry: false, title: 'That is more than is still to come' },
  username_taken: { status: 409, retry: false, title: 'This user name is taken' },
  email_taken: { status: 409, retry: false, title: 'This e-mail address has an account' },
  sku_taken: { status: 409, retry: false, title: 'Another product has this SKU' },
  payload_too_large: { status: 413, retry: false, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, retry: false, title: 'Send application/json in UTF-8, not compressed' },
  invalid_request: { status: 422, retry: false, title: 'The request is not valid' },
  idempotency_key_reuse: { status: 422, retry: false, title: 'This Idempotency-Key was used for another request' },
  pan_not_accepted: { status: 422, retry: false, title: 'Card numbers are not accepted here; send a payment token' },
  internal: { status: 500, retry: true, title: 'Something went wrong on our side' },
  unavailable: {
    status: 503,
    retry: true,
    title: 'The shop cannot take this right now; repeat it with the same Idempotency-Key',
  },
} as const satisfies Record<string, { status: number; retry: boolean; title: string }>

export type ProblemCode = keyof typeof problems

/** Where in the request something is wrong: `items.0.quantity`. */
export type FieldError = { path: string; message: string }

export type ProblemDetails = { detail?: string; errors?: FieldError[]; [extension: string]: unknown }

/** Thrown where an answer must be given up; what a caller may see of it is the code and the details, never a stack. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly details: ProblemDetails
  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    const { stackTraceLimit } = Error
    // Nobody looks at where an answer was decided, and writing it down takes longer than deciding it.
    Error.stackTraceLimit = 0
    super(details.detail ?? problems[code].title)
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
    this.details = details
  }
}
