/** A company we call did not answer, or answered that it could not: the outcome is unknown, ask again or look it up by key. */
export class GatewayUnavailable extends Error {
  override readonly name = 'GatewayUnavailable'
}
