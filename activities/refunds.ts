import { activityInfo } from '@temporalio/activity'
import { refundKey } from '../domain/ids.ts'
import { GatewayRefused, type PaymentGateway } from '../gateways/payment/port.ts'
import { flagAftercare, remindOfAftercare, unflagAftercare } from '../store/aftercare.ts'
import type { Database } from '../store/database.ts'
import { getCharge } from '../store/orders/index.ts'
import * as refunds from '../store/refunds/index.ts'

type PayRefund = { refundId: string; orderId: string; amountMinor: number; attempt: number }

type Deps = { database: Database; gateways: { quick: PaymentGateway; patient: PaymentGateway } }

/** What a refund does to our books and at the gateway. Each may be repeated. */
export function createRefundActivities({ database, gateways }: Deps) {
  return {
    holdRefund: (request: refunds.RefundRequest) => refunds.holdRefund(database, request),
    holdRefundAgain: (again: refunds.HoldAgain & { orderId: string }) => refunds.holdAgain(database, again),
    decideRefund: (decision: refunds.RefundDecision & { orderId: string }) => refunds.decideRefund(database, decision),
    remindOfRefund: ({ refundId }: { refundId: string; orderId: string }) =>
      remindOfAftercare(database, 'refund', refundId),
    flagRefund: ({ refundId: id, why }: { refundId: string; orderId: string; why: string }) =>
      flagAftercare(database, 'refund', { id, why }),
    unflagRefund: ({ refundId }: { refundId: string; orderId: string }) =>
      unflagAftercare(database, 'refund', refundId),

    /** One key, one payout: an answer that got lost is heard by asking again. */
    async payRefund({ refundId, orderId, amountMinor, attempt }: PayRefund): Promise<{ transactionId: string }> {
      const gateway = activityInfo().isLocal ? gateways.quick : gateways.patient
      const { intentId } = await getCharge(database, orderId)
      const request = { key: refundKey(refundId, attempt), intentId, amountMinor }
      try {
        const { id } = await gateway.refund(request)
        return { transactionId: id }
      } catch (error) {
        if (!(error instanceof GatewayRefused)) throw error
        // Who hears of the refusal lets go of the claim: a copy of the request that is still on its way must not pay then.
        const paid = await gateway.closeRefundKey(request)
        if (!paid) throw error
        return { transactionId: paid.id }
      }
    },
    settleRefund: (settlement: refunds.Settlement & { orderId: string }) => refunds.settleRefund(database, settlement),
    dropRefund: (drop: refunds.Drop & { orderId: string }) => refunds.dropRefund(database, drop),
  }
}
