/** What one run of the suite leaves: `chaos/results/<seed>.json`, and the page that is drawn from it. Times are ms since its start. */
export type RunRecord = {
  seed: number
  startedAt: string
  commit: string
  machine: { cores: number; memoryBytes: number; node: string; platform: string }
  durationMs: number
  /** When the traffic ended and the shop came to rest, all faults healed. */
  trafficEndedMs: number
  quietMs: number
  faults: FaultRecord[]
  /** Of names asked for or known, that could not be had here, and why. */
  unavailable: { name: string; why: string }[]
  /** One per second of the run. */
  seconds: SecondRecord[]
  traffic: TrafficTotals
  checks: CheckRecord[]
}

export type FaultRecord = {
  name: string
  kind: string
  expectation: string
  what: string
  injectedMs: number
  healedMs: number
  /** From the end of the fault to normal throughput again; null when the traffic ended first. */
  recoveryMs: number | null
  /** Set when the fault could not be carried out after all. */
  failure?: string
}

/** `p50Ms` and `p95Ms` are of checkouts that were decided in this second, null without any. */
export type SecondRecord = {
  atMs: number
  checkoutsDecided: number
  otherRequests: number
  failures: number
  p50Ms: number | null
  p95Ms: number | null
}

export type TrafficTotals = {
  checkouts: number
  /** How they ended, by status and code: `{ '201 captured': 9000, '402 payment_declined': 400 }`. */
  outcomes: Record<string, number>
  /** Every answer that asked for patience or admitted a mistake, by status and code: `{ '503 unavailable': 40 }`. */
  troubled?: Record<string, number>
  requests: number
  repeats: number
  /** Sends without an answer, by reason: `{ ECONNREFUSED: 12 }`. */
  unheard: Record<string, number>
  slowestCheckoutMs: number
}

/** One promise that was looked at when all was quiet. */
export type CheckRecord = {
  name: string
  promise: string
  violations: { subject: string; detail: string }[]
  skipped?: string
}
