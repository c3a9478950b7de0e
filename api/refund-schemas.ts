import { z } from '@hono/zod-openapi'
import type { RefundWish } from '../domain/refund.ts'
import type { Refund } from '../store/refunds/index.ts'
import { MOST_UNITS } from './order-schemas.ts'
import { lineOfText, moneySchema, timeSchema } from './schemas.ts'

export const refundStatusSchema = z.enum(['pending_approval', 'processing', 'succeeded', 'failed', 'rejected'])

const refundItemSchema = z.strictObject({
  product_id: z.string().max(100),
  quantity: z.int().min(1).max(MOST_UNITS),
  restock: z.boolean().default(false).openapi({ description: 'Whether the units go back onto the shelf' }),
})

export const newRefundSchema = z
  .strictObject({
    amount: moneySchema.optional().openapi({ description: 'What goes back; the sum of the lines when left out' }),
    items: z.array(refundItemSchema).min(1).max(100).optional(),
    reason: lineOfText(500).openapi({ example: 'arrived broken' }),
  })
  .refine(({ items = [] }) => new Set(items.map(({ product_id }) => product_id)).size === items.length, {
    error: 'Name each product once',
    path: ['items'],
  })
  .openapi('NewRefund', { description: 'By amount, by lines, or, with neither, all that is left' })

export type NewRefund = z.infer<typeof newRefundSchema>

export const wishOf = ({ amount, items = [] }: NewRefund): RefundWish => ({
  amountMinor: amount?.amount,
  items: items.map(({ product_id, quantity, restock }) => ({ productId: product_id, quantity, restock })),
})

export const refundSchema = z
  .object({
    id: z.string(),
    order_id: z.string(),
    status: refundStatusSchema,
    amount: moneySchema,
    items: z.array(z.object({ product_id: z.string(), quantity: z.int(), restock: z.boolean() })),
    reason: z.string(),
    requested_by: z.string(),
    approval_until: timeSchema.optional().openapi({ description: 'Waits until then for approve or reject' }),
    decided_by: z.string().optional(),
    failure_code: z.string().optional().openapi({ description: 'Why the gateway refused' }),
    needs_attention: z.string().optional(),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('Refund')

export const refundAnswer = (refund: Refund): z.infer<typeof refundSchema> => ({
  id: refund.id,
  order_id: refund.orderId,
  status: refund.status,
  amount: { amount: refund.amountMinor, currency: refund.currency },
  items: refund.items.map(({ productId, quantity, restock }) => ({ product_id: productId, quantity, restock })),
  reason: refund.reason,
  requested_by: refund.requestedBy,
  ...(refund.status === 'pending_approval' &&
    refund.approvalUntil && { approval_until: refund.approvalUntil.toISOString() }),
  ...(refund.decidedBy !== null && { decided_by: refund.decidedBy }),
  ...(refund.failureCode !== null && { failure_code: refund.failureCode }),
  ...(refund.needsAttention !== null && { needs_attention: refund.needsAttention }),
  created_at: refund.createdAt.toISOString(),
  updated_at: refund.updatedAt.toISOString(),
})

export const refundPreviewSchema = z
  .object({
    order_id: z.string(),
    amount: moneySchema.openapi({ description: 'What would go back' }),
    refundable: moneySchema.openapi({ description: 'What can go back at most, as things stand' }),
    needs_approval: z.boolean(),
  })
  .openapi('RefundPreview')
