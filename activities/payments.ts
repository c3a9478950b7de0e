import { activityInfo } from '@temporalio/activity'
import { orderStepKey } from '../domain/ids.ts'
import { GatewayRefused, type PaymentGateway, type PaymentIntent } from '../gateways/payment/port.ts'
import { GatewayUnavailable } from '../gateways/unavailable.ts'
import type { Database } from '../store/database.ts'
import type { Event, OrderFact } from '../store/events.ts'
import {
  type Confirmation,
  type ConfirmOutcome,
  confirmOrder,
  getPaymentTerms,
  type PaymentTerms,
  recordCapture,
  recordReversal,
  type Reversal,
} from '../store/orders/index.ts'
import { holdRest } from '../store/refunds/index.ts'

/** Where an authorisation stands. Only what the order's workflow decides by: no token, no address. */
export type Payment = {
  status: PaymentIntent['status']
  intentId: string
  riskScore?: number
  actionUrl?: string
  declineCode?: string
}

type CapturePayment = { orderId: string; intentId: string; amountMinor: number }

/** `facts` are told to the world once the money is ours. */
type PayOrder = Confirmation & CapturePayment & { facts: OrderFact[] }

type ReversePayment = { orderId: string; isRefusedByGateway?: boolean | undefined }

/** How the money went back. `refundId` is ours, not the gateway's. */
export type ReversedPayment =
  | { kind: 'nothing_held' | 'declined' | 'voided' | 'given_back' }
  | { kind: 'refunded'; refundId: string }

type Deps = {
  database: Database
  /** `quick` gives up early, for the attempt a customer waits for; `patient` is for those that follow. */
  gateways: { quick: PaymentGateway; patient: PaymentGateway }
  handOn: (events: Event[]) => void
}

export function createPaymentActivities({ database, gateways, handOn }: Deps) {
  const gateway = () => (activityInfo().isLocal ? gateways.quick : gateways.patient)

  return {
    async authorizePayment({ orderId }: { orderId: string }): Promise<Payment> {
      const key = orderStepKey(orderId, 'authorize')
      const terms = await getPaymentTerms(database, orderId)
      return asPayment(await authorizeOrFind(gateway(), key, orderId, terms))
    },

    /** Asks the gateway how it stands now: a notice, a signal or a deadline was only the occasion. */
    async checkPayment({ orderId }: { orderId: string }): Promise<Payment> {
      const intent = await gateway().findIntentByKey(orderStepKey(orderId, 'authorize'))
      if (!intent) throw new GatewayUnavailable(`The gateway does not find the authorization of ${orderId} yet`)
      return asPayment(intent)
    },

    /**
     * On a good day a held order is paid, its money taken and the world told in one effect: each effect costs the engine
     * as much as its work costs us. Answers `captured: false` when the money did not come at once; taking it is then an
     * effect of its own, with its own patience, and nothing was told.
     */
    async payOrder(order: PayOrder): Promise<{ outcome: ConfirmOutcome; captured: boolean }> {
      const outcome = await confirmOrder(database, order)
      if (outcome === 'cancelled') return { outcome, captured: false }
      try {
        handOn(await capture(order, order.facts))
        return { outcome, captured: true }
      } catch {
        // Whatever it was, `capturePayment` meets it again and shows it to an operator.
        return { outcome, captured: false }
      }
    },

    async capturePayment(payment: CapturePayment): Promise<void> {
      await capture(payment)
    },

    /**
     * Gives the customer's money back, whatever became of it. The gateway is asked by key what really happened, and that
     * nothing more will happen under it.
     */
    async reversePayment({ orderId, isRefusedByGateway }: ReversePayment): Promise<ReversedPayment> {
      const key = orderStepKey(orderId, 'authorize')
      // A refused authorization is the gateway's answer to every attempt under its key: nothing is left to close.
      const intent = isRefusedByGateway ? await gateway().findIntentByKey(key) : await gateway().closeKey(key)
      const reversal = intent ? await reverse(orderId, intent) : ({ kind: 'nothing_held' } as const)
      await recordReversal(database, orderId, reversal)
      return reversal.kind === 'refunded' ? { kind: 'refunded', refundId: reversal.refundId } : { kind: reversal.kind }
    },
  }

  async function capture(
    { orderId, intentId, amountMinor }: CapturePayment,
    facts: OrderFact[] = [],
  ): Promise<Event[]> {
    await gateway().capture({ key: orderStepKey(orderId, 'capture'), intentId, amountMinor })
    return recordCapture(database, orderId, facts)
  }

  async function reverse(orderId: string, intent: PaymentIntent): Promise<Reversal> {
    const intentId = intent.id
    switch (intent.status) {
      case 'declined':
        return { kind: 'declined', intentId, declineCode: intent.declineCode ?? 'declined' }
      case 'voided':
        return { kind: 'voided', intentId }
      case 'authorized':
      case 'requires_action':
        return voidHold(orderId, intentId)
      case 'captured':
        return refundRest(orderId, intentId)
    }
  }

  /** A capture that was still on its way may win against the void; then the next attempt finds the money captured. */
  async function voidHold(orderId: string, intentId: string): Promise<Reversal> {
    try {
      await gateway().void({ key: orderStepKey(orderId, 'void'), intentId })
      return { kind: 'voided', intentId }
    } catch (error) {
      if (!(error instanceof GatewayRefused)) throw error
      const now = await gateway().getIntent(intentId)
      if (now.status === 'authorized' || now.status === 'requires_action') throw error
      return reverse(orderId, now)
    }
  }

  async function refundRest(orderId: string, intentId: string): Promise<Reversal> {
    const rest = await holdRest(database, { orderId, intentId })
    if (!rest) return { kind: 'given_back' }
    const { refundId, amountMinor } = rest
    const { id } = await gateway().refund({ key: orderStepKey(orderId, 'refund'), intentId, amountMinor })
    return { kind: 'refunded', refundId, transactionId: id }
  }
}

/** A lost answer is looked up by key before anyone says "failed": the money may be held. */
async function authorizeOrFind(
  gateway: PaymentGateway,
  key: string,
  orderId: string,
  terms: PaymentTerms,
): Promise<PaymentIntent> {
  try {
    return await gateway.authorize({ key, orderId, ...terms })
  } catch (error) {
    if (!(error instanceof GatewayUnavailable)) throw error
    const intent = await gateway.findIntentByKey(key)
    if (!intent) throw error
    return intent
  }
}

const asPayment = (intent: PaymentIntent): Payment => ({
  status: intent.status,
  intentId: intent.id,
  ...(intent.riskScore !== undefined && { riskScore: intent.riskScore }),
  ...(intent.actionUrl !== undefined && { actionUrl: intent.actionUrl }),
  ...(intent.declineCode !== undefined && { declineCode: intent.declineCode }),
})
