import type { Database } from '../store/database.ts'
import * as orders from '../store/orders/index.ts'

/** What happens to an order in our own database. Each is one statement, and may be repeated. */
export function createOrderActivities({ database }: { database: Database }) {
  return {
    placeOrder: ({ orderId }: { orderId: string }) => orders.placeOrder(database, orderId),
    requireCustomerAction: (action: orders.CustomerAction) => orders.recordCustomerAction(database, action),
    requireReview: (review: orders.Review) => orders.recordReview(database, review),
    recordDecision: (decision: orders.ReviewDecision) => orders.recordDecision(database, decision),
    confirmOrder: (confirmation: orders.Confirmation) => orders.confirmOrder(database, confirmation),
    recordShipment: (shipment: orders.Shipment) => orders.recordShipment(database, shipment),
    recordDelivery: (delivery: orders.Delivery) => orders.recordDelivery(database, delivery),
    recordDispute: (dispute: orders.Dispute) => orders.recordDispute(database, dispute),
    recordDisputeEnd: (end: orders.DisputeEnd) => orders.recordDisputeEnd(database, end),
    cancelOrder: (cancellation: orders.Cancellation) => orders.cancelOrder(database, cancellation),
    flagAttention: (attention: orders.Attention) => orders.flagAttention(database, attention),
    clearAttention: (ended: orders.AttentionEnd) => orders.clearAttention(database, ended),
  }
}
