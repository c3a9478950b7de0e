import { webhookWorkflowId } from '../../domain/ids.ts'
import type { OpenDelivery } from '../../store/webhooks/index.ts'
import { type TemporalLink, withDeadline } from './temporal.ts'

/** As many as are told at once; the others find out at their next attempt. */
const MOST = 100

/** Tells the workflows of deliveries that our books have ended, so that they do not wait for their next attempt. */
export const endDeliveries =
  (temporal: TemporalLink) =>
  (ended: readonly OpenDelivery[]): void => {
    const { client } = temporal
    const told = ended.slice(0, MOST).map((delivery) => client.workflow.getHandle(webhookWorkflowId(delivery)))
    // One that is not heard of, or is gone already, has nothing left to do.
    withDeadline(client, 8_000, () => Promise.allSettled(told.map((handle) => handle.cancel()))).catch(() => {})
  }
