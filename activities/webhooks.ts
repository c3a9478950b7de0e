import { Context } from '@temporalio/activity'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { Webhook } from 'standardwebhooks'
import { webhookWorkflowId } from '../domain/ids.ts'
import type { WebhookSender } from '../gateways/webhooks/sender.ts'
import type { Database } from '../store/database.ts'
import * as webhooks from '../store/webhooks/index.ts'

type FanOut = {
  /** Deliveries whose workflows are there now. */
  started: { deliveryId: string; round: number }[]
  /** Looks again at events that had their turn. */
  isThorough: boolean
}

/** Not settled: the last events may not have had their turn yet. */
type Due = { due: webhooks.DueDelivery[]; isSettled: boolean }

type Round = { deliveryId: string; round: number }

type Starts = { due: readonly webhooks.DueDelivery[]; giveUpAfterMs: number }

/** As many as one look of a sweep starts. */
const PAGE = 50
const GONE = 410

/** What others want to hear of, as deliveries. Each may be repeated. */
export function createWebhookActivities(deps: { database: Database; webhooks?: WebhookSender | undefined }) {
  const { database } = deps

  return {
    /** Makes deliveries of what happened, and answers those that nobody carries yet. */
    async fanOutEvents({ started, isThorough }: FanOut): Promise<Due> {
      await webhooks.noteStarted(database, started)
      if (isThorough) await webhooks.fanOutMissedEvents(database)
      const isSettled = await webhooks.fanOutNewEvents(database)
      return { due: await webhooks.listDueDeliveries(database, PAGE), isSettled }
    },

    /**
     * Starts a workflow for each, and notes it. One that is there already was started by a look that was not heard, or that
     * was made at the same time. Children of the sweep would each be written into its history, one after the other.
     */
    async startDeliveries({ due, giveUpAfterMs }: Starts): Promise<void> {
      await Promise.all(due.map((delivery) => startDelivery(delivery, giveUpAfterMs)))
      await webhooks.noteStarted(database, due)
    },

    /**
     * One attempt. It is sent under the same id each time, so that a receiver who was not heard knows it again. What is
     * neither taken nor refused for good fails, and is tried again.
     */
    sendWebhook: async ({ deliveryId, round }: Round): Promise<'delivered' | 'dead' | 'cancelled'> => {
      const message = await webhooks.getMessage(database, deliveryId, round)
      if (message.status !== 'pending') return message.status
      if (!deps.webhooks) throw new Error('This process sends no webhooks')
      const result = await deps.webhooks.post({ url: message.url, ...signed(deliveryId, message) })
      const isDelivered = 'status' in result && result.status >= 200 && result.status < 300
      await webhooks.recordAttempt(database, { deliveryId, round, isDelivered, result })
      if (isDelivered) return 'delivered'
      if ('status' in result && result.status === GONE) {
        await webhooks.disableEndpoint(database, { id: message.endpointId, why: 'It answered 410 Gone' })
        return 'cancelled'
      }
      throw new Error('status' in result ? `It answered ${result.status}: ${result.answer}` : result.failure)
    },

    closeDelivery: (close: Round & { why: string | null }) => webhooks.closeDelivery(database, close),
  }
}

async function startDelivery({ url, ...delivery }: webhooks.DueDelivery, giveUpAfterMs: number): Promise<void> {
  const { client, info } = Context.current()
  const { deliveryId, round, eventId } = delivery
  try {
    await client.workflow.start('webhookDelivery', {
      workflowId: webhookWorkflowId(delivery),
      taskQueue: info.taskQueue,
      args: [{ deliveryId, round, giveUpAfterMs }],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      requestEagerStart: true,
      staticSummary: `${eventId} to ${url}`,
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}

/** The body and the headers of Standard Webhooks, signed with every secret that holds now. */
function signed(deliveryId: string, { secrets, eventId, type, payload, toldAt }: webhooks.Message) {
  const sentAt = new Date()
  const body = JSON.stringify({ id: eventId, type, timestamp: toldAt.toISOString(), data: payload })
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'holdfast',
      'webhook-id': deliveryId,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(deliveryId, sentAt, body)).join(' '),
    },
  }
}
