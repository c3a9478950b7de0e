import { between, happens, pick, randomOf } from '../../chaos/random.ts'
import type { CheckRecord, FaultRecord, RunRecord, SecondRecord } from '../../chaos/record.ts'

const kinds: [string, string, number][] = [
  ['kill-postgres', 'process', 4_000],
  ['kill-worker', 'process', 1_500],
  ['kill-temporal', 'process', 5_000],
  ['cut-api-from-database', 'network', 3_000],
  ['slow-gateway-network', 'network', 900],
  ['flush-redis', 'storage', 200],
  ['delete-search-index', 'storage', 200],
  ['gateway-loses-answers', 'gateway', 2_500],
  ['gateway-answers-late', 'gateway', 1_800],
  ['double-click', 'client', 100],
  ['clock-jumps-an-hour', 'clock', 700],
  ['deploy-half-way', 'deploy', 1_200],
]

/** A run as it could have been, from a seed: for the page, which needs something to show. */
export function sampleRun(seed: number, { minutes, faults: many }: { minutes: number; faults: number }): RunRecord {
  const random = randomOf(seed, 'sample')
  const trafficEndedMs = minutes * 60_000
  const faults = Array.from({ length: many }, (_, place) => sampleFault(place, trafficEndedMs / many))
  const seconds = Array.from({ length: minutes * 60 + 9 }, (_, second) => sampleSecond(second))
  const checkouts = seconds.reduce((sum, { checkoutsDecided }) => sum + checkoutsDecided, 0)
  const declined = Math.round(checkouts * 0.06)
  const soldOut = Math.round(checkouts * 0.03)
  return {
    seed,
    startedAt: '2026-11-23T20:15:00.000Z',
    commit: '32d2ef4',
    machine: { cores: 2, memoryBytes: 4 * 2 ** 30, node: 'v24.21.0', platform: 'linux' },
    durationMs: trafficEndedMs + 9_000,
    trafficEndedMs,
    quietMs: 8_240,
    faults,
    unavailable: [{ name: 'clock-back', why: 'the library faketime is not installed on this machine' }],
    seconds,
    traffic: {
      checkouts,
      outcomes: {
        '201 captured': checkouts - declined - soldOut - 7,
        '402 payment_declined': declined,
        '409 insufficient_stock': soldOut,
        '202 pending': 7,
      },
      requests: checkouts * 5,
      repeats: Math.round(checkouts * 0.2),
      unheard: { ECONNREFUSED: 812, 'hung up': 240 },
      slowestCheckoutMs: 21_730,
    },
    checks: sampleChecks(),
  }

  function sampleFault(place: number, gapMs: number): FaultRecord {
    const [name, kind, recoveryMs] = pick(random, kinds)
    const injectedMs = Math.round(place * gapMs + between(random, 500, 2_500))
    const healedMs = injectedMs + between(random, 300, 4_500)
    return {
      name,
      kind,
      expectation: `While ${name} lasts, checkouts may wait; none is lost and none is charged twice.`,
      what: `${name} of process ${between(random, 1_000, 9_999)}`,
      injectedMs,
      healedMs,
      recoveryMs: place === many - 1 ? null : Math.round((recoveryMs * between(random, 40, 180)) / 100),
    }
  }

  function sampleSecond(second: number): SecondRecord {
    const atMs = second * 1_000
    if (atMs >= trafficEndedMs)
      return { atMs, checkoutsDecided: 0, otherRequests: 0, failures: 0, p50Ms: null, p95Ms: null }
    const weight = { process: 0.05, network: 0.3, gateway: 0.25, storage: 0.9, client: 1.2, clock: 0.7, deploy: 0.6 }
    const under = faults.filter(({ injectedMs, healedMs }) => injectedMs < atMs + 1_000 && healedMs > atMs)
    const after = faults.some(({ healedMs, recoveryMs }) => healedMs < atMs && healedMs + (recoveryMs ?? 0) > atMs)
    const share = Math.min(after ? 0.6 : 1, ...under.map(({ kind }) => weight[kind as keyof typeof weight]))
    const checkoutsDecided = Math.round((between(random, 90, 160) / 10) * share)
    const p50Ms = between(random, 35, 70) / share
    return {
      atMs,
      checkoutsDecided,
      otherRequests: Math.round(between(random, 20, 40) * Math.max(share, 0.2)),
      failures: share < 0.5 && happens(random, 60) ? between(random, 1, 6) : 0,
      p50Ms: checkoutsDecided === 0 ? null : p50Ms,
      p95Ms: checkoutsDecided === 0 ? null : (p50Ms * between(random, 150, 600)) / 100,
    }
  }
}

const sampleChecks = (): CheckRecord[] => [
  { name: 'stock_never_oversold', promise: 'No more units are promised than lie on the shelf.', violations: [] },
  { name: 'nothing_acknowledged_is_lost', promise: 'What a shopper was told stays true.', violations: [] },
  {
    name: 'search_follows',
    promise: 'The search index says what the database says.',
    violations: [],
    skipped: 'OpenSearch is not running',
  },
]
