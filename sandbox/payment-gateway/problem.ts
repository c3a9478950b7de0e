/** A 4xx or 5xx answer: `{"error":{"code","message"}}`. Codes are stable, messages are for people. */
export class GatewayProblem extends Error {
  override readonly name = 'GatewayProblem'
  readonly status: 400 | 404 | 409 | 500 | 503
  readonly code: string

  constructor(status: GatewayProblem['status'], code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}
