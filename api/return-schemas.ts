import { z } from '@hono/zod-openapi'
import type { Return } from '../store/returns/index.ts'
import { MOST_UNITS } from './order-schemas.ts'
import { refundStatusSchema } from './refund-schemas.ts'
import { lineOfText, moneySchema, timeSchema } from './schemas.ts'

export const returnStatusSchema = z.enum([
  'requested',
  'approved',
  'denied',
  'partially_received',
  'received',
  'refunded',
  'expired',
  'cancelled',
])

const itemFields = { product_id: z.string().max(100), quantity: z.int().min(1).max(MOST_UNITS) }

const eachOnce = {
  check: (items: { product_id: string }[]) => new Set(items.map(({ product_id }) => product_id)).size === items.length,
  error: 'Name each product once',
}

export const newReturnSchema = z
  .strictObject({
    items: z.array(z.strictObject(itemFields)).min(1).max(100).refine(eachOnce.check, { error: eachOnce.error }),
    reason: lineOfText(500).openapi({ example: 'does not fit' }),
  })
  .openapi('NewReturn')

export const newReturnReceiptSchema = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          ...itemFields,
          restock: z.boolean().default(false).openapi({ description: 'Whether the units go back onto the shelf' }),
        }),
      )
      .min(1)
      .max(100)
      .refine(eachOnce.check, { error: eachOnce.error }),
  })
  .openapi('NewReturnReceipt', { description: 'What has come' })

const receiptSchema = z.object({
  id: z.string(),
  items: z.array(z.object({ product_id: z.string(), quantity: z.int(), restock: z.boolean() })),
  received_by: z.string(),
  created_at: timeSchema,
})

export const returnSchema = z
  .object({
    id: z.string(),
    order_id: z.string(),
    status: returnStatusSchema,
    items: z.array(
      z.object({
        product_id: z.string(),
        quantity: z.int().openapi({ description: 'Units that are to come back' }),
        received: z.int().openapi({ description: 'Units that have come' }),
        unit_price: moneySchema,
      }),
    ),
    reason: z.string(),
    requested_by: z.string(),
    decided_by: z.string().optional(),
    decision_reason: z.string().optional(),
    cancelled_by: z.string().optional(),
    receive_until: timeSchema.optional().openapi({ description: 'What has not come by then is not waited for' }),
    receipts: z.array(receiptSchema).openapi({ description: 'Oldest first' }),
    refund: z.object({ id: z.string(), status: refundStatusSchema, amount: moneySchema }).optional(),
    needs_attention: z.string().optional(),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('Return')

export const returnAnswer = (found: Return): z.infer<typeof returnSchema> => {
  const money = (amount: number) => ({ amount, currency: found.currency })
  return {
    id: found.id,
    order_id: found.orderId,
    status: found.status,
    items: found.items.map(({ productId, quantity, received, unitPriceMinor }) => ({
      product_id: productId,
      quantity,
      received,
      unit_price: money(unitPriceMinor),
    })),
    reason: found.reason,
    requested_by: found.requestedBy,
    ...(found.decidedBy !== null && { decided_by: found.decidedBy }),
    ...(found.decisionReason && { decision_reason: found.decisionReason }),
    ...(found.cancelledBy !== null && { cancelled_by: found.cancelledBy }),
    ...(found.receiveUntil !== null && { receive_until: found.receiveUntil.toISOString() }),
    receipts: found.receipts.map(({ id, items, receivedBy, createdAt }) => ({
      id,
      items: items.map(({ productId, quantity, restock }) => ({ product_id: productId, quantity, restock })),
      received_by: receivedBy,
      created_at: new Date(createdAt).toISOString(),
    })),
    ...(found.refund !== null && {
      refund: { id: found.refund.id, status: found.refund.status, amount: money(found.refund.amountMinor) },
    }),
    ...(found.needsAttention !== null && { needs_attention: found.needsAttention }),
    created_at: found.createdAt.toISOString(),
    updated_at: found.updatedAt.toISOString(),
  }
}
