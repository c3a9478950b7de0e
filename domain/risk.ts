/** What is known of a customer when they order. Recent orders come newest first, this order not among them. */
export type RiskSignals = {
  amountMinor: number
  accountAgeDays: number
  sameAddresses: boolean
  recentOrders: readonly { amountMinor: number; paid: boolean; failed: boolean; ageMinutes: number }[]
}

export type RiskLimits = { reviewAbove: number; rejectAbove: number }

export type RiskVerdict = 'accept' | 'review' | 'reject'

/**
 * The shop's own score, 0 (fine) to 1 (fraud). A new account, many orders at once and an unusual amount add up to 0.45 at
 * most: a good customer's busy minute never reaches review by itself. Failures in a row (someone trying cards) and
 * addresses that differ are what they weigh in beside.
 */
export function riskScore(signals: RiskSignals): number {
  const score =
    newAccount(signals) +
    velocity(signals) +
    unusualAmount(signals) +
    failedInARow(signals) +
    differentAddresses(signals)
  return Math.min(1, Math.round(score * 100) / 100)
}

/** The gateway sees all its shops, we see this customer: the more worried of the two is heard. */
export const combinedScore = (own: number, gateways: number | undefined): number => Math.max(own, gateways ?? 0)

export function riskVerdict(score: number, limits: RiskLimits): RiskVerdict {
  if (score > limits.rejectAbove) return 'reject'
  return score > limits.reviewAbove ? 'review' : 'accept'
}

const newAccount = ({ accountAgeDays }: RiskSignals): number => (accountAgeDays < 1 ? 0.1 : 0)

function velocity({ recentOrders }: RiskSignals): number {
  const lastHour = recentOrders.filter((order) => order.ageMinutes < 60).length
  return Math.min(0.15, lastHour * 0.015)
}

/** Against what this customer usually pays; without a history, against 20,000 minor units. */
function unusualAmount({ amountMinor, recentOrders }: RiskSignals): number {
  const paid = recentOrders.filter((order) => order.paid).map((order) => order.amountMinor)
  const usual = paid.length === 0 ? 20_000 : paid.reduce((sum, amount) => sum + amount, 0) / paid.length
  const times = amountMinor / Math.max(usual, 1)
  if (times > 10) return 0.2
  return times > 5 ? 0.1 : 0
}

/** Failures since the last payment that worked, within a day. One is a mistyped number; a row of them is a search. */
function failedInARow({ recentOrders }: RiskSignals): number {
  let failures = 0
  for (const order of recentOrders) {
    if (order.paid || order.ageMinutes > 24 * 60) break
    if (order.failed) failures += 1
  }
  return Math.min(0.3, Math.max(0, failures - 1) * 0.1)
}

const differentAddresses = ({ sameAddresses }: RiskSignals): number => (sameAddresses ? 0 : 0.15)
