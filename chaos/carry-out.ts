import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Injected, World } from './fault.ts'
import type { PlannedFault, Step } from './plan.ts'
import { randomOf } from './random.ts'
import type { FaultRecord } from './record.ts'
import { normalPerSecond, secondsUntilNormal } from './recovery.ts'
import type { Traffic } from './traffic/index.ts'

export type Deed = {
  traffic: Traffic
  world: World
  catalogue: ReadonlyMap<string, Fault>
  /** No new step begins once it says so. */
  isEnough: () => boolean
  onFault: (record: FaultRecord, phase: 'injected' | 'over') => void
}

const RECOVERY_CAP_MS = 10_000
const CALM_BEFORE_SECONDS = 20
const INJECT_WITHIN_MS = 120_000
const HEAL_WITHIN_MS = 240_000

/** Carries out the plan step by step; the next begins when the shop is itself again, or has had its time for it. */
export async function carryOut(plan: readonly Step[], deed: Deed): Promise<FaultRecord[]> {
  const records: FaultRecord[] = []
  const { meter } = deed.traffic
  let normal = 0
  for (const step of plan) {
    if (deed.isEnough()) break
    await sleep(step.calmMs)
    normal = Math.max(normalPerSecond(meter.lately(CALM_BEFORE_SECONDS)), normal * 0.9)
    const done = await Promise.all(step.faults.map((planned) => carryOutOne(planned, deed)))
    records.push(...done)
    await untilNormal(done, normal, deed)
  }
  return records
}

async function carryOutOne(planned: PlannedFault, deed: Deed): Promise<FaultRecord> {
  const { traffic, world, catalogue } = deed
  const fault = catalogue.get(planned.name) as Fault
  const nowMs = () => traffic.history.nowMs()
  await sleep(planned.laterMs)
  const { name, kind, expectation } = fault
  const record: FaultRecord = { name, kind, expectation, what: '', injectedMs: nowMs(), healedMs: 0, recoveryMs: null }
  let injected: Injected | undefined
  try {
    injected = await within(INJECT_WITHIN_MS, 'injecting', fault.inject(world, randomOf(planned.seed, name)))
    record.what = injected.what
    deed.onFault(record, 'injected')
    await sleep(injected.holdMs)
  } catch (error) {
    record.failure = messageOf(error)
  }
  try {
    if (injected) await within(HEAL_WITHIN_MS, 'healing', injected.heal())
  } catch (error) {
    record.failure = `not healed: ${messageOf(error)}`
  }
  record.healedMs = nowMs()
  return record
}

async function untilNormal(
  records: FaultRecord[],
  normal: number,
  { traffic, isEnough, onFault }: Deed,
): Promise<void> {
  const deadline = Date.now() + RECOVERY_CAP_MS
  const waiting = new Set(records)
  while (waiting.size > 0) {
    for (const record of waiting) {
      const seconds = secondsUntilNormal(traffic.meter.since(record.healedMs), normal)
      if (seconds === undefined) continue
      // The first of them began a little after the fault ended.
      record.recoveryMs = (Math.ceil(record.healedMs / 1_000) + seconds) * 1_000 - record.healedMs
      waiting.delete(record)
      onFault(record, 'over')
    }
    if (waiting.size === 0 || Date.now() > deadline || isEnough()) break
    await sleep(250)
  }
  for (const record of waiting) onFault(record, 'over')
}

/** What had not recovered when the next step began may have done so since: it is looked at once more in the end. */
export function lateRecoveries(records: readonly FaultRecord[], { meter }: Traffic): void {
  for (const record of records) {
    if (record.recoveryMs !== null) continue
    const seconds = secondsUntilNormal(meter.since(record.healedMs), normalPerSecond(meter.since(0)))
    if (seconds !== undefined)
      record.recoveryMs = (Math.ceil(record.healedMs / 1_000) + seconds) * 1_000 - record.healedMs
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function within<T>(ms: number, doing: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController()
  try {
    const tooLong = sleep(ms, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`${doing} took longer than ${ms / 1_000} s`)
    })
    tooLong.catch(() => undefined)
    return await Promise.race([work, tooLong])
  } finally {
    timer.abort()
  }
}
