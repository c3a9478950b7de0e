import { z } from 'zod'
import type { Settings } from './settings.ts'

const operations = ['authorize', 'capture', 'void', 'refund', 'read', 'close'] as const
export type Operation = (typeof operations)[number]

const modes = ['error_before', 'error_after', 'silent_after'] as const
type FaultMode = (typeof modes)[number]

export const scriptedFault = z.strictObject({
  operation: z.enum(operations),
  mode: z.enum(modes),
  times: z.number().int().min(1).max(10_000).default(1),
  order_id: z.string().min(1).optional(),
})
type ScriptedFault = z.infer<typeof scriptedFault>

export type Faults = ReturnType<typeof createFaults>

/** Decides what goes wrong next: first what a test has asked for, then chance, which repeats itself under the same seed. */
export function createFaults(settings: Settings) {
  const scripted: ScriptedFault[] = []
  let chance = sequence(settings.faults.seed)

  return {
    script: (fault: ScriptedFault) => void scripted.push({ ...fault }),
    pending: (): ScriptedFault[] => scripted.map((fault) => ({ ...fault })),
    clear: () => void scripted.splice(0),
    reseed: () => {
      chance = sequence(settings.faults.seed)
    },

    next(operation: Operation, orderId: string | undefined): FaultMode | undefined {
      const asked = scripted.find(
        (fault) => fault.operation === operation && (fault.order_id === undefined || fault.order_id === orderId),
      )
      if (asked) {
        asked.times -= 1
        if (asked.times === 0) scripted.splice(scripted.indexOf(asked), 1)
        return asked.mode
      }
      return modes.find((mode) => happens(settings.faults[mode]))
    },

    latencyMs: () => settings.latency_ms.min + chance() * (settings.latency_ms.max - settings.latency_ms.min),
    happens,
    chance: () => chance(),
  }

  function happens(rate: number): boolean {
    return rate > 0 && chance() < rate
  }
}

/** mulberry32: small, quick, and the same on every machine. */
function sequence(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
