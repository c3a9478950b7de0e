import { setTimeout as sleep } from 'node:timers/promises'
import { carryOut, lateRecoveries } from './carry-out.ts'
import { isClean, reckon } from './checks/index.ts'
import type { Fault, World } from './fault.ts'
import { placeAndTime } from './place-and-time.ts'
import { makePlan, type Step } from './plan.ts'
import type { CheckRecord, FaultRecord, RunRecord } from './record.ts'
import { openStage, type Stage, type StageOptions } from './stage.ts'
import { openTraffic, type Traffic } from './traffic/index.ts'
import { watchInvariants } from './watch.ts'

export type SuiteSettings = Omit<StageOptions, 'onLine' | 'onStatus'> & {
  seed: number
  /** Faults, and as many checkouts as there are meant to be; the traffic lasts until both are done or the time is up. */
  faultCount: number
  checkouts: number
  minutes?: number
  shoppers: number
  perSecond: number
}

export type Teller = {
  onLine: (line: string) => void
  onPlan(plan: readonly Step[], unavailable: RunRecord['unavailable']): void
  onFault(record: FaultRecord, phase: 'injected' | 'over', atMs: number): void
  onTraffic(traffic: Traffic, fault: string | undefined): void
  /** What is being done, again and again while it lasts; nothing once it is over. */
  onDoing: (status: string) => void
}

export type SuiteResult = { record: RunRecord; isSound: boolean; traffic: Traffic }

const STATUS_EVERY_MS = 1_000
const WARM_UP_MS = 5_000
/** Before the end of a run that is measured in minutes no new fault begins. */
const LAST_FAULT_BEFORE_END_MS = 8_000
const races = (settings: SuiteSettings) => Math.min(200, Math.ceil((settings.minutes ?? 20) * 8))

/** Runs the product under traffic, breaks it by plan, lets it come to rest and looks at everything it promised. */
export async function runSuite(settings: SuiteSettings, teller: Teller): Promise<SuiteResult> {
  const stage = await openStage({ ...settings, onLine: teller.onLine, onStatus: teller.onDoing })
  try {
    return await runOn(stage, settings, teller)
  } finally {
    await stage.close()
  }
}

async function runOn(stage: Stage, settings: SuiteSettings, teller: Teller): Promise<SuiteResult> {
  const { seed, faultCount, checkouts, minutes = Number.POSITIVE_INFINITY } = settings
  const { running, database } = stage
  const { gateway, temporal } = running.stack
  const startedAt = new Date().toISOString()
  const traffic = await openTraffic({ ...running.stack, api: stage.front }, { ...settings, races: races(settings) })
  const world: World = { ...stage.world, traffic }
  const { available, unavailable } = await askWhichCanBeHad([...settings.wanted, ...stage.faults], world)
  const plan = makePlan(seed, available, faultCount)
  teller.onPlan(plan, unavailable)

  const atMs = () => traffic.history.nowMs()
  const endMs = atMs() + minutes * 60_000
  let isPlanDone = false
  const isBrokenOff = () => settings.signal?.aborted ?? false
  const isEnough = () => isBrokenOff() || atMs() >= endMs || (isPlanDone && traffic.begun() >= checkouts)
  const current = new Map<FaultRecord, string>()
  const watch = watchInvariants({ database, gatewayUrl: gateway, temporal })
  const status = setInterval(
    () => teller.onTraffic(traffic, [...current.values()].join(' + ') || undefined),
    STATUS_EVERY_MS,
  )

  const breaking = sleep(WARM_UP_MS)
    .then(() =>
      carryOut(plan, {
        traffic,
        world,
        catalogue: new Map(available.map((fault) => [fault.name, fault])),
        isEnough: () => isBrokenOff() || atMs() >= endMs - LAST_FAULT_BEFORE_END_MS,
        onFault(record, phase) {
          if (phase === 'over') current.delete(record)
          else current.set(record, record.name)
          teller.onFault(record, phase, atMs())
        },
      }),
    )
    .finally(() => {
      isPlanDone = true
    })
  const [faults] = await Promise.all([breaking, traffic.run(isEnough)]).finally(() => {
    clearInterval(status)
    teller.onDoing('')
  })
  const trafficEndedMs = atMs()
  lateRecoveries(faults, traffic)
  teller.onLine(
    `The traffic has ended after ${Math.round(trafficEndedMs / 1_000)} s; waiting for the shop to come to rest.`,
  )
  await watch.stop()
  const redisKeepsSince = lastLossOfRedis(faults, Date.now() - atMs())
  const { checks, quietMs } = await reckon({ database, stack: running.stack, traffic, redisKeepsSince })
  const all = [...checks, ...(await stage.checks()), watch.result(), healed(faults)]
  const record: RunRecord = {
    seed,
    startedAt,
    ...(await placeAndTime()),
    durationMs: atMs(),
    trafficEndedMs,
    quietMs,
    faults,
    unavailable,
    seconds: traffic.meter.records(),
    traffic: traffic.meter.totals(),
    checks: all,
  }
  return { record, isSound: isClean(all), traffic }
}

async function askWhichCanBeHad(wanted: readonly Fault[], world: World) {
  const asked = await Promise.all(wanted.map(async (fault) => ({ fault, why: await fault.unavailable?.(world) })))
  return {
    available: asked.filter(({ why }) => why === undefined).map(({ fault }) => fault),
    unavailable: asked.flatMap(({ fault, why }) => (why === undefined ? [] : [{ name: fault.name, why }])),
  }
}

/** Redis writes its log to disk once a second, and a flushed one has forgotten by order. PostgreSQL has every event. */
function lastLossOfRedis(faults: readonly FaultRecord[], beganAtMs: number): Date | undefined {
  const losses = faults.filter(({ name }) => /^(kill|flush|full)-redis$|^kill-everything$/.test(name))
  return losses.length === 0 ? undefined : new Date(beganAtMs + Math.max(...losses.map(({ healedMs }) => healedMs)))
}

/** A fault that could not be taken back would make every other finding worthless. */
function healed(faults: readonly FaultRecord[]): CheckRecord {
  return {
    name: 'every_fault_was_carried_out',
    promise: 'Every fault of the plan was injected and healed: the harness itself works.',
    violations: faults.flatMap(({ name, failure }) => (failure ? [{ subject: name, detail: failure }] : [])),
  }
}
