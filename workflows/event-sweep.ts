import {
  condition,
  continueAsNew,
  ParentClosePolicy,
  patched,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import type { Activities } from '../activities/index.ts'
import { webhookWorkflowId } from '../domain/ids.ts'
import type { DueDelivery } from '../store/webhooks/fan-out.ts'
import { databasePolicy } from './policies.ts'
import type { webhookDelivery } from './webhook-delivery.ts'
import { type EventSweepInput, eventsToldSignal } from './webhook.messages.ts'

const { streamMissedEvents } = proxyActivities<Activities>({
  ...databasePolicy,
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '5m',
  summary: 'Send the Redis streams what they should have had by now',
})

const { fanOutEvents } = proxyActivities<Activities>({
  ...databasePolicy,
  scheduleToCloseTimeout: '5m',
  summary: 'Find what webhook endpoints are to hear of',
})

const { startDeliveries } = proxyActivities<Activities>({
  ...databasePolicy,
  scheduleToCloseTimeout: '5m',
  summary: 'Start to deliver it',
})

const DAY_MS = 24 * 60 * 60_000
const UNSETTLED_FOR = '5s'

/**
 * Makes it certain that events are handed on: the streams get what a crash or an absence of Redis kept back, and each
 * endpoint a delivery of each event it wants. Started by the clock, and by a nudge as soon as something is told; what is
 * told meanwhile has it look once more.
 */
export async function eventSweep({
  isThorough = true,
  giveUpAfterMs = 3 * DAY_MS,
  started = [],
}: EventSweepInput = {}): Promise<{ sent: number }> {
  let isToldAgain = true
  setHandler(eventsToldSignal, () => void (isToldAgain = true), { description: 'More was told: look once more' })
  let sent = 0
  while (isToldAgain) {
    isToldAgain = false
    const [streamed, end] = await Promise.all([streamMissedEvents(), handOn()])
    sent += streamed
    if (end === 'long') return continueAsNew<typeof eventSweep>({ isThorough, giveUpAfterMs, started })
    if (end === 'unsettled') {
      await condition(() => isToldAgain, UNSETTLED_FOR, { summary: 'A transaction before the last event may be open' })
      isToldAgain = true
    }
  }
  return { sent }

  /** Page by page, until none is left or the history is long. */
  async function handOn(): Promise<'done' | 'unsettled' | 'long'> {
    // What began on earlier code goes on as it began: without webhooks, or with deliveries as its children.
    const startsByActivity = patched('deliveries-started-by-activity')
    if (!startsByActivity && !patched('webhooks')) return 'done'
    for (;;) {
      const { due, isSettled } = await fanOutEvents({ started, isThorough })
      if (startsByActivity) {
        started = []
        if (due.length > 0) await startDeliveries({ due, giveUpAfterMs })
      } else {
        started = due.map(({ deliveryId, round }) => ({ deliveryId, round }))
        await Promise.all(due.map((delivery) => startAsChild(delivery, giveUpAfterMs)))
      }
      if (workflowInfo().continueAsNewSuggested) return 'long'
      if (due.length === 0) return isSettled ? 'done' : 'unsettled'
    }
  }
}

/** It outlives the sweep. One that is there already was started by a sweep that was not heard. */
async function startAsChild({ url, ...delivery }: DueDelivery, giveUpAfterMs: number): Promise<void> {
  const { deliveryId, round, eventId } = delivery
  try {
    await startChild<typeof webhookDelivery>('webhookDelivery', {
      workflowId: webhookWorkflowId(delivery),
      args: [{ deliveryId, round, giveUpAfterMs }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${eventId} to ${url}`,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
