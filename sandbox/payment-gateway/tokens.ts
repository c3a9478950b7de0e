/** What a pretend card does. The shop only ever passes the token on; all its meaning is here. */
type TokenBehaviour = {
  declineCode?: string
  riskScore?: number
  requiresAction?: true
  /** Records the authorisation and keeps silent about it once. */
  silentAtFirst?: true
  /** How often a key is answered 503 before anything happens. */
  busyTimes?: number
  disputedAfterCapture?: true
}

export const ordinaryRiskScore = 0.05

const behaviours: Record<string, TokenBehaviour> = {
  tok_visa: {},
  tok_declined: { declineCode: 'card_declined' },
  tok_insufficient_funds: { declineCode: 'insufficient_funds' },
  tok_3ds: { requiresAction: true },
  tok_timeout_after_charge: { silentAtFirst: true },
  tok_flaky: { busyTimes: 2 },
  tok_late_decline: { disputedAfterCapture: true },
  tok_risky: { riskScore: 0.95 },
  tok_review: { riskScore: 0.6 },
}

export function behaviourOf(token: string): TokenBehaviour {
  return (Object.hasOwn(behaviours, token) && behaviours[token]) || { declineCode: 'invalid_token' }
}
