import { z } from '@hono/zod-openapi'
import type { Order, TimelineEntry } from '../store/orders/index.ts'
import { compiled, lineOfText, moneySchema, timeSchema } from './schemas.ts'

export const orderStatusSchema = z.enum(['pending', 'paid', 'shipped', 'delivered', 'cancelled'])

const MOST_LINES = 100
/** Of one product in one order. */
export const MOST_UNITS = 999

export const addressSchema = z
  .strictObject({
    name: lineOfText(200),
    line1: lineOfText(200),
    line2: lineOfText(200).optional(),
    city: lineOfText(100),
    state: lineOfText(100).optional(),
    postal_code: lineOfText(20),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'Must be an ISO 3166 code of two capitals')
      .openapi({ example: 'DE' }),
    phone: lineOfText(40).optional(),
  })
  .openapi('Address')

export const newOrderSchema = compiled(
  z
    .strictObject({
      items: z
        .array(
          z.strictObject({
            product_id: z.string().max(100),
            quantity: z.int().min(1).max(MOST_UNITS).openapi({ example: 2 }),
          }),
        )
        .min(1)
        .max(MOST_LINES)
        .openapi({ description: 'Lines of one product are added up' }),
      payment: z.strictObject({
        method: lineOfText(40).openapi({ example: 'card' }),
        token: z
          .string()
          .regex(/^[\w-]{1,200}$/)
          .openapi({ description: "The gateway's token for the customer's card, never the card", example: 'tok_visa' }),
        capture: z
          .enum(['automatic', 'manual'])
          .optional()
          .openapi({ description: '`manual` takes the money at shipment' }),
      }),
      shipping_address: addressSchema,
      billing_address: addressSchema.optional().openapi({ description: 'The shipping address when left out' }),
    })
    .openapi('NewOrder'),
)

export const orderSchema = z
  .object({
    id: z.string(),
    number: z.string().nullable(),
    user_id: z.string(),
    status: orderStatusSchema,
    payment_status: z.enum([
      'pending',
      'requires_action',
      'authorized',
      'captured',
      'failed',
      'partially_refunded',
      'refunded',
      'voided',
    ]),
    items: z.array(
      z.object({
        product_id: z.string(),
        sku: z.string(),
        name: z.string(),
        quantity: z.int(),
        unit_price: moneySchema,
        total_price: moneySchema,
      }),
    ),
    total: moneySchema,
    refunded: moneySchema,
    shipping_address: addressSchema,
    billing_address: addressSchema,
    risk_score: z.number().nullable(),
    review_until: timeSchema.optional(),
    needs_attention: z.string().optional().openapi({ description: 'Why a person must look at it' }),
    next_action: z
      .object({
        type: z.literal('customer_action'),
        payment_intent_id: z.string(),
        url: z.string(),
        expires_at: timeSchema,
      })
      .optional(),
    cancel_reason: z.string().optional(),
    shipment: z.object({ carrier: z.string(), tracking_number: z.string() }).optional(),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('Order')

export type OrderAnswer = z.infer<typeof orderSchema>

export function orderAnswer(order: Order): OrderAnswer {
  const money = (amount: number) => ({ amount, currency: order.currency })
  return {
    id: order.id,
    number: order.number === null ? null : String(order.number),
    user_id: order.userId,
    status: order.status,
    payment_status: order.paymentStatus,
    items: order.items.map((item) => ({
      product_id: item.productId,
      sku: item.sku,
      name: item.name,
      quantity: item.quantity,
      unit_price: money(item.unitPriceMinor),
      total_price: money(item.totalPriceMinor),
    })),
    total: money(order.totalMinor),
    refunded: money(order.refundedMinor),
    shipping_address: order.shippingAddress,
    billing_address: order.billingAddress,
    risk_score: order.riskScore,
    ...(order.reviewUntil && { review_until: order.reviewUntil.toISOString() }),
    ...(order.needsAttention !== null && { needs_attention: order.needsAttention }),
    ...(order.nextAction && { next_action: order.nextAction }),
    ...(order.cancelReason !== null && { cancel_reason: order.cancelReason }),
    ...(order.carrier !== null &&
      order.trackingNumber !== null && {
        shipment: { carrier: order.carrier, tracking_number: order.trackingNumber },
      }),
    created_at: order.createdAt.toISOString(),
    updated_at: order.updatedAt.toISOString(),
  }
}

export const timelineEntrySchema = z
  .object({
    what: z.string(),
    from_status: orderStatusSchema.nullable(),
    to_status: orderStatusSchema.nullable(),
    actor: z.string(),
    detail: z.record(z.string(), z.unknown()),
    created_at: timeSchema,
  })
  .openapi('TimelineEntry')

export const timelineAnswer = (entry: TimelineEntry): z.infer<typeof timelineEntrySchema> => ({
  what: entry.what,
  from_status: entry.fromStatus,
  to_status: entry.toStatus,
  actor: entry.actor,
  detail: entry.detail,
  created_at: entry.createdAt.toISOString(),
})
