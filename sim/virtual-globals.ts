import type { Scheduler } from './scheduler.ts'

/**
 * Puts the world's clock, timers and dice in the place of the machine's, for the product's code and for PostgreSQL, which
 * runs in this process and asks it for the time. Returns the way back.
 */
export function installVirtualGlobals(scheduler: Scheduler): () => void {
  const real = {
    Date: globalThis.Date,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    random: Math.random,
    getRandomValues: crypto.getRandomValues.bind(crypto),
  }

  class VirtualDate extends real.Date {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(scheduler.dateMs)
      else super(...(given as [number]))
    }
    static override now = () => scheduler.dateMs
  }
  // The workflows' sandbox knows a date by this name.
  Object.defineProperty(VirtualDate, 'name', { value: 'Date' })
  const cancels = new WeakMap<object, () => void>()

  globalThis.Date = VirtualDate as DateConstructor
  globalThis.setTimeout = ((callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
    const timer = { unref: () => timer, ref: () => timer, hasRef: () => true }
    // PostgreSQL sets alarms as well, to keep its statistics: they are no part of the world.
    if (scheduler.isInProcess)
      cancels.set(
        timer,
        scheduler.afterHere(delayMs, 'timer of the process', () => callback(...args)),
      )
    return timer
  }) as unknown as typeof setTimeout
  globalThis.clearTimeout = ((timer: object | undefined) => {
    if (timer) cancels.get(timer)?.()
  }) as typeof clearTimeout
  Math.random = scheduler.random
  crypto.getRandomValues = <T extends ArrayBufferView>(into: T): T => {
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
    for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(scheduler.random() * 256)
    return into
  }

  return () => {
    globalThis.Date = real.Date
    globalThis.setTimeout = real.setTimeout
    globalThis.clearTimeout = real.clearTimeout
    Math.random = real.random
    crypto.getRandomValues = real.getRandomValues
  }
}
