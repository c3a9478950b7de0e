import { z } from '@hono/zod-openapi'
import { isId } from '../domain/ids.ts'
import { Problem } from '../domain/problems.ts'
import type { Stock } from '../store/inventory.ts'
import type { NamedSource } from '../store/suppliers/index.ts'
import { sourceAnswer, sourceSchema } from './supplier-schemas.ts'

export const reorderMode = z.enum(['fixed', 'computed']).openapi({
  description: '`fixed`: the reorder quantity as it is set; `computed`: from recent sales and the lead time',
})

export const stockSchema = z
  .object({
    product_id: z.string(),
    on_hand: z.int().openapi({ description: 'On the shelf' }),
    reserved: z.int().openapi({ description: 'Promised to orders' }),
    available: z.int().openapi({ description: 'on_hand - reserved' }),
    incoming: z.int().openapi({ description: 'Ordered from suppliers' }),
    reorder_point: z.int(),
    reorder_quantity: z.int(),
    reorder_mode: reorderMode,
  })
  .openapi('Stock')

export const stockAnswer = (stock: Stock): z.infer<typeof stockSchema> => ({
  product_id: stock.productId,
  on_hand: stock.onHand,
  reserved: stock.reserved,
  available: stock.available,
  incoming: stock.incoming,
  reorder_point: stock.reorderPoint,
  reorder_quantity: stock.reorderQuantity,
  reorder_mode: stock.reorderMode,
})

export const suppliedStockSchema = stockSchema
  .extend({ suppliers: z.array(sourceSchema).openapi({ description: 'The preferred one first' }) })
  .openapi('SuppliedStock')

export const suppliedStockAnswer = (stock: Stock, sources: NamedSource[]): z.infer<typeof suppliedStockSchema> => ({
  ...stockAnswer(stock),
  suppliers: sources.map(sourceAnswer),
})

export const stockParams = z.object({ product_id: z.string() })

export const productIdOf = ({ product_id }: z.infer<typeof stockParams>): string => {
  if (!isId('prd', product_id)) throw new Problem('product_not_found')
  return product_id
}
