import type { eventSweep } from '../../workflows/event-sweep.ts'
import { eventsToldSignal } from '../../workflows/webhook.messages.ts'
import { type TemporalLink, withDeadline } from './temporal.ts'

const AT_MOST_EVERY_MS = 1_000

/**
 * Has events handed on now instead of at the sweep's next turn. A nudge that is lost costs a minute, so nobody waits for
 * it; and a rush of orders is one nudge a second.
 */
export function nudgeEventSweep(temporal: TemporalLink, input: { giveUpAfterMs: number }): () => void {
  let lastAtMs = Number.NEGATIVE_INFINITY
  let waiting: NodeJS.Timeout | undefined

  function nudge(): void {
    lastAtMs = performance.now()
    waiting = undefined
    const { client, taskQueue } = temporal
    withDeadline(client, 3_000, () =>
      client.workflow.signalWithStart<typeof eventSweep>('eventSweep', {
        workflowId: 'event-sweep-nudge',
        taskQueue,
        args: [{ isThorough: false, ...input }],
        signal: eventsToldSignal,
      }),
    ).catch(() => {})
  }

  return () => {
    waiting ??= setTimeout(nudge, Math.max(0, lastAtMs + AT_MOST_EVERY_MS - performance.now())).unref()
  }
}
