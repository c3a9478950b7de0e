import { defineSignal } from '@temporalio/workflow'
import type { DueDelivery } from '../store/webhooks/fan-out.ts'

/** One round of bringing one event to one endpoint, and how long it is tried. */
export type WebhookDeliveryInput = Pick<DueDelivery, 'deliveryId' | 'round'> & { giveUpAfterMs: number }

export type EventSweepInput = {
  /** Looks again at events that had their turn: what the clock asks for. A nudge looks only at new ones. */
  isThorough?: boolean
  giveUpAfterMs?: number
  /** Where a sweep that goes on in a new run stands. */
  started?: Pick<DueDelivery, 'deliveryId' | 'round'>[]
}

/** To a running sweep: more was told. */
export const eventsToldSignal = defineSignal('told')
