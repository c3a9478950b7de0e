import { activityInfo, Context } from '@temporalio/activity'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import type { Activities } from '../../activities/index.ts'
import { GatewayRefused } from '../../gateways/payment/port.ts'

export type Effect = keyof Activities

/** `count` counts the attempts at this effect of this order; `isQuick` is one inside the workflow task. */
type Attempt = { count: number; isQuick: boolean; patientCount: number }

/** Stands around an effect of one order and decides what becomes of an attempt. */
export type Trouble = (attempt: Attempt, act: () => Promise<unknown>) => Promise<unknown>

/** Which attempts are in trouble: the first only, or all quick ones and the first patient one as well. */
type Extent = 'once' | 'for long'

const isHit = (extent: Extent, { count, isQuick, patientCount }: Attempt): boolean => {
  if (extent === 'once') return count === 1
  // What is never tried quickly is in trouble twice.
  const isOnlyPatient = count === patientCount
  return isQuick || patientCount <= (isOnlyPatient ? 2 : 1)
}

const failsBefore =
  (extent: Extent): Trouble =>
  async (attempt, act) => {
    if (isHit(extent, attempt)) throw new Error('fails before its effect')
    return act()
  }

const failsAfter =
  (extent: Extent): Trouble =>
  async (attempt, act) => {
    const result = await act()
    if (isHit(extent, attempt)) throw new Error('fails after its effect')
    return result
  }

export const neverAnswers =
  (extent: Extent): Trouble =>
  async (attempt, act) => {
    const result = await act()
    if (isHit(extent, attempt)) await Context.current().cancelled
    return result
  }

const ways: [string, (extent: Extent) => Trouble][] = [
  ['fails before it is done', failsBefore],
  ['fails after it is done', failsAfter],
  ['is done and never answers', neverAnswers],
]
const extents: Extent[] = ['once', 'for long']

/** Everything that may go wrong with an effect by itself, each by a name for the table of a workflow's effects. */
export const troubles = ways.flatMap(([fault, make]) =>
  extents.map((extent) => ({ fault, extent, trouble: make(extent) })),
)

/** All of them in turn: it fails undone, it fails done, it is done again and nobody hears of it. */
export const inTurn: Trouble = async ({ count }, act) => {
  if (count === 1) throw new Error('fails before its effect')
  const result = await act()
  if (count === 2) throw new Error('fails after its effect')
  if (count === 3) await Context.current().cancelled
  return result
}

/** What a process does that was stopped in front of its statement and goes on long after it was given up. */
export function arrivesLate(): { trouble: Trouble; arrive: () => Promise<unknown>; isWaiting: () => boolean } {
  const gate = Promise.withResolvers<void>()
  let late: Promise<unknown> | undefined
  return {
    trouble: (attempt, act) => {
      if (attempt.count > 1) return act()
      late = gate.promise.then(act)
      return late
    },
    arrive: async () => {
      gate.resolve()
      // That it comes to nothing, or is refused, is for the caller to look at.
      await late?.catch(() => {})
    },
    isWaiting: () => late !== undefined,
  }
}

/** Holds an attempt open in front of its effect, the first quick one or the first patient one, until it is let go. */
export function held(which: 'quick' | 'patient'): { trouble: Trouble; reached: Promise<void>; release: () => void } {
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  return {
    reached: reached.promise,
    release: gate.resolve,
    trouble: async ({ isQuick, count }, act) => {
      if (isQuick && which === 'patient') throw new Error('the quick attempts come to nothing')
      if (isQuick ? count === 1 : which === 'patient') {
        reached.resolve()
        await gate.promise
      }
      return act()
    },
  }
}

/** The gateway understands and says no for good. */
export const isRefused: Trouble = async () => {
  throw new GatewayRefused('not_possible', 'The gateway does not do this')
}

/** In front of every effect of every order, replenishment, reconciliation and webhook of one worker; `subject` is its id. */
export function createFaults() {
  const troubles = new Map<string, Trouble>()
  const counts = new Map<string, Omit<Attempt, 'isQuick'>>()

  const interceptor: ActivityInterceptorsFactory = () => ({
    inbound: {
      async execute(input, next) {
        const { activityType, isLocal, workflowExecution } = activityInfo()
        const { orderId, replenishmentId, runId, deliveryId } = (input.args[0] ?? {}) as {
          orderId?: string
          replenishmentId?: string
          runId?: string
          deliveryId?: string
        }
        // What is about nothing in particular is known by its workflow.
        const subject = orderId ?? replenishmentId ?? runId ?? deliveryId ?? workflowExecution?.workflowId
        const key = `${subject} ${activityType}`
        const before = counts.get(key) ?? { count: 0, patientCount: 0 }
        const attempt = { count: before.count + 1, patientCount: before.patientCount + (isLocal ? 0 : 1) }
        counts.set(key, attempt)
        const trouble = troubles.get(key)
        return trouble ? trouble({ ...attempt, isQuick: isLocal }, () => next(input)) : next(input)
      },
    },
  })

  return {
    interceptor,
    set: (subject: string, effect: Effect, trouble: Trouble) => void troubles.set(`${subject} ${effect}`, trouble),
    clear: (subject: string, effect: Effect) => void troubles.delete(`${subject} ${effect}`),
    /** How often an effect was tried. */
    attempts: (subject: string, effect: Effect) => counts.get(`${subject} ${effect}`)?.count ?? 0,
  }
}
