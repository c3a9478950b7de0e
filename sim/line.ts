import { GatewayUnavailable } from '../gateways/unavailable.ts'
import { never, type Scheduler } from './scheduler.ts'

export type LineFaults = { lostBefore: number; lostAfter: number; busy: number; late: number; doubled: number }

export type Line = <T>(what: string, timeoutMs: number, act: () => T) => Promise<T>

/** The network between the shop and another company: any part of a call may get lost, come late or come twice. */
export const createLine =
  (name: string, scheduler: Scheduler, faults: LineFaults): Line =>
  (what, timeoutMs, act) => {
    if (scheduler.isDead) return never()
    const afterHere = scheduler.forThis()
    return new Promise((resolve, reject) => {
      const giveUp = afterHere(timeoutMs, `${name} ${what} unanswered`, () =>
        reject(new GatewayUnavailable(`${what} was not answered`)),
      )
      if (scheduler.chance(faults.lostBefore)) return scheduler.count(`${name} call lost`)
      const isLate = scheduler.chance(faults.late)
      const isBusy = scheduler.chance(faults.busy)
      const isDoubled = scheduler.chance(faults.doubled)
      const isUnheard = scheduler.chance(faults.lostAfter)
      // What was sent arrives, whatever becomes of the process that sent it.
      const arrive = (delayMs: number, answer: boolean) =>
        scheduler.after(delayMs, `${name} ${what}`, () => {
          const result = isBusy ? new GatewayUnavailable(`${what} was answered 503`) : attempt(act)
          if (!answer) return
          afterHere(scheduler.latencyMs(), `${name} ${what} answers`, () => {
            giveUp()
            if (result instanceof Error) reject(result)
            else resolve(result.value)
          })
        })
      if (isLate) scheduler.count(`${name} call arrived late`)
      if (isBusy) scheduler.count(`${name} busy`)
      if (isUnheard) scheduler.count(`${name} answer lost`)
      arrive(isLate ? scheduler.between(timeoutMs, 90_000) : scheduler.latencyMs(), !isUnheard)
      if (isDoubled) {
        scheduler.count(`${name} call doubled`)
        arrive(scheduler.between(1, 40_000), false)
      }
    })
  }

function attempt<T>(act: () => T): { value: T } | Error {
  try {
    return { value: act() }
  } catch (error) {
    return error as Error
  }
}
