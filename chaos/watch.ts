import { setTimeout as sleep } from 'node:timers/promises'
import { checkInvariants, type CheckOptions } from '../store/invariants.ts'
import type { CheckRecord } from './record.ts'

const EVERY_MS = 5_000
/** However much there is to look at, looking takes no more than this part of the time. */
const PAUSE_PER_LOOK = 10

export type Watch = { result(): CheckRecord; stop(): Promise<void> }

/** Looks at what must hold at any moment, again and again while everything breaks. */
export function watchInvariants(options: CheckOptions): Watch {
  const stopping = new AbortController()
  const violations = new Map<string, CheckRecord['violations'][number]>()
  let [looks, promises] = [0, 0]
  const watching = (async () => {
    for (let pauseMs = EVERY_MS; ; ) {
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      const startedAt = performance.now()
      // Who cannot be asked because of a fault is asked again next time.
      const results = await checkInvariants({ ...options, only: 'always' }).catch(() => [])
      if (results.length > 0) looks++
      promises = Math.max(promises, results.length)
      for (const { name, violations: found } of results)
        for (const { subject, detail } of found) {
          const key = `${name} ${subject}`
          if (!violations.has(key)) violations.set(key, { subject, detail: `${name}: ${detail}` })
        }
      pauseMs = Math.max(EVERY_MS, (performance.now() - startedAt) * PAUSE_PER_LOOK)
    }
  })()
  return {
    result: () => ({
      name: 'invariants_during_the_run',
      promise: `The ${promises} invariants that hold at any moment held at each of ${looks} looks amid the faults.`,
      violations: [...violations.values()],
      ...(looks === 0 && { skipped: 'the run was too short for a look' }),
    }),
    async stop() {
      stopping.abort()
      await watching
    },
  }
}
