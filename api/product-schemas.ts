import { z } from '@hono/zod-openapi'
import { MOST_LEVELS, tidyCategory, wrongInCategory } from '../domain/category.ts'
import { MAX_ON_HAND } from '../store/inventory.ts'
import type { Product } from '../store/products.ts'
import { lineOfText, moneySchema, timeSchema } from './schemas.ts'

export const statusSchema = z.enum(['active', 'inactive'])

const attributesSchema = z
  .record(
    z.string().min(1).max(64),
    z.union([z.string().max(500), z.number(), z.boolean(), z.array(z.string().max(500)).max(50)]),
  )
  .refine((attributes) => Object.keys(attributes).length <= 50, { error: 'Holds more than 50 attributes' })
  .openapi({ example: { colour: 'black', weight_grams: 420 } })

/** A path, each level trimmed: `Kitchen / Knives` is kept as `Kitchen/Knives`. */
const categorySchema = lineOfText(100)
  .superRefine((path, context) => {
    const wrong = wrongInCategory(path)
    if (wrong) context.addIssue({ code: 'custom', message: wrong })
  })
  .transform(tidyCategory)
  .openapi({
    type: 'string',
    example: 'kitchen/knives',
    description: `A path of at most ${MOST_LEVELS} levels with \`/\` between them; without \`/\` a single level`,
  })

export const categoryFilter = z
  .string()
  .max(100)
  .transform(tidyCategory)
  .optional()
  .openapi({ type: 'string', example: 'kitchen', description: 'This category and all that is below it' })

export const productSchema = z
  .object({
    id: z.string(),
    sku: z.string(),
    name: z.string(),
    description: z.string(),
    price: moneySchema,
    category: z.string(),
    attributes: z.record(z.string(), z.unknown()).openapi({ type: 'object', additionalProperties: true }),
    status: statusSchema,
    inventory: z.object({ available: z.int().openapi({ description: 'What can be bought now' }) }),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('Product')

export const productAnswer = (product: Product): z.infer<typeof productSchema> => ({
  id: product.id,
  sku: product.sku,
  name: product.name,
  description: product.description,
  price: { amount: product.priceMinor, currency: product.currency },
  category: product.category,
  attributes: product.attributes,
  status: product.status === 'active' ? 'active' : 'inactive',
  inventory: { available: product.available },
  created_at: product.createdAt.toISOString(),
  updated_at: product.updatedAt.toISOString(),
})

const described = {
  sku: lineOfText(64).openapi({ example: 'HEADPHONES-01' }),
  name: lineOfText(200),
  description: z.string().max(10_000),
  price: moneySchema,
  category: categorySchema,
  attributes: attributesSchema,
}

const units = z.int().min(0).max(MAX_ON_HAND)

/** Nothing of a new product is promised, so what is on hand is what is available; a bare number means the same. */
const openingStockSchema = z
  .preprocess(
    (given) => (typeof given === 'number' ? { on_hand: given } : given),
    z
      .strictObject({
        on_hand: units.optional().openapi({ description: 'Opening stock', example: 50 }),
        available: units.optional().openapi({ description: 'Another word for on_hand here' }),
        quantity: units.optional().openapi({ description: 'Another word for on_hand here' }),
        reorder_point: units.optional(),
        reorder_quantity: units.optional(),
      })
      .refine(
        ({ on_hand, available, quantity }) =>
          new Set([on_hand, available, quantity].filter((given) => given !== undefined)).size <= 1,
        { error: 'on_hand, available and quantity mean the same and must not differ', path: ['on_hand'] },
      ),
  )
  .default({})
  .transform(({ on_hand, available, quantity, reorder_point, reorder_quantity }) => ({
    onHand: on_hand ?? available ?? quantity ?? 0,
    reorderPoint: reorder_point,
    reorderQuantity: reorder_quantity,
  }))

export const newProductSchema = z
  .strictObject({
    ...described,
    description: described.description.default(''),
    attributes: attributesSchema.default({}),
    status: statusSchema.optional(),
    inventory: openingStockSchema,
  })
  .openapi('NewProduct')

export const productChangesSchema = z
  .strictObject({ ...described, status: statusSchema })
  .partial()
  .openapi('ProductChanges', { description: 'Stock is changed by adjustments, not here' })
