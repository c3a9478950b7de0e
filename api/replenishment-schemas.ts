import { z } from '@hono/zod-openapi'
import { MAX_ON_HAND } from '../store/inventory.ts'
import type { Replenishment } from '../store/replenishments/index.ts'
import { moneySchema, timeSchema } from './schemas.ts'

export const replenishmentStatusSchema = z.enum([
  'draft',
  'ordered',
  'confirmed',
  'partially_received',
  'received',
  'cancelled',
])

const units = z.int().min(1).max(MAX_ON_HAND)

export const newReplenishmentSchema = z
  .strictObject({ product_id: z.string().max(100), quantity: units })
  .openapi('NewReplenishment')

export const newReceiptSchema = z
  .strictObject({ quantity: units.openapi({ description: 'Units that have come' }) })
  .openapi('NewReceipt')

const receiptSchema = z.object({
  id: z.string(),
  quantity: z.int(),
  received_by: z.string(),
  created_at: timeSchema,
})

const askedSchema = z.object({
  supplier: z.object({ id: z.string(), name: z.string() }),
  supplier_sku: z.string(),
  status: z.enum(['asked', 'confirmed', 'refused', 'withdrawn']),
  quantity: z.int().openapi({ description: 'Units it was asked for' }),
  confirmed_quantity: z.int().openapi({ description: 'Units it promised; what is withdrawn does not count' }),
  unit_cost: moneySchema,
  expected_at: timeSchema.optional(),
  refusal: z.string().optional(),
  reminders: z.int(),
  asked_at: timeSchema,
})

export const replenishmentSchema = z
  .object({
    id: z.string(),
    product_id: z.string(),
    status: replenishmentStatusSchema,
    quantity: z.int().openapi({ description: 'Units ordered' }),
    received: z.int().openapi({ description: 'Units that have come' }),
    receipts: z.array(receiptSchema).openapi({ description: 'Oldest first' }),
    suppliers: z.array(askedSchema).openapi({ description: 'Who was asked for the units, one after the other' }),
    requested_by: z.string(),
    cancelled_by: z.string().optional(),
    cancel_reason: z.string().optional(),
    needs_attention: z.string().optional(),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('Replenishment')

export const replenishmentAnswer = (replenishment: Replenishment): z.infer<typeof replenishmentSchema> => ({
  id: replenishment.id,
  product_id: replenishment.productId,
  status: replenishment.status,
  quantity: replenishment.quantity,
  received: replenishment.received,
  receipts: replenishment.receipts.map(({ id, quantity, receivedBy, createdAt }) => ({
    id,
    quantity,
    received_by: receivedBy,
    created_at: new Date(createdAt).toISOString(),
  })),
  suppliers: replenishment.asked.map(askedAnswer),
  requested_by: replenishment.requestedBy,
  ...(replenishment.cancelledBy !== null && { cancelled_by: replenishment.cancelledBy }),
  ...(replenishment.cancelReason !== null && { cancel_reason: replenishment.cancelReason }),
  ...(replenishment.needsAttention !== null && { needs_attention: replenishment.needsAttention }),
  created_at: replenishment.createdAt.toISOString(),
  updated_at: replenishment.updatedAt.toISOString(),
})

const askedAnswer = (asked: Replenishment['asked'][number]): z.infer<typeof askedSchema> => ({
  supplier: { id: asked.supplierId, name: asked.supplierName },
  supplier_sku: asked.supplierSku,
  status: asked.status,
  quantity: asked.quantity,
  confirmed_quantity: asked.confirmedQuantity,
  unit_cost: { amount: asked.unitCostMinor, currency: asked.currency },
  ...(asked.expectedAt !== null && { expected_at: new Date(asked.expectedAt).toISOString() }),
  ...(asked.refusal !== null && { refusal: asked.refusal }),
  reminders: asked.reminders,
  asked_at: new Date(asked.askedAt).toISOString(),
})
