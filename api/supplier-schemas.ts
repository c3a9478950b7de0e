import { z } from '@hono/zod-openapi'
import type { NamedSource, Source, Supplier } from '../store/suppliers/index.ts'
import { lineOfText, moneySchema, timeSchema } from './schemas.ts'

export const newSupplierSchema = z.strictObject({ name: lineOfText(200) }).openapi('NewSupplier')

export const supplierSchema = z.object({ id: z.string(), name: z.string(), created_at: timeSchema }).openapi('Supplier')

export const supplierAnswer = ({ id, name, createdAt }: Supplier): z.infer<typeof supplierSchema> => ({
  id,
  name,
  created_at: createdAt.toISOString(),
})

const terms = {
  supplier_id: z.string().max(100),
  supplier_sku: lineOfText(64).openapi({ description: "The supplier's own name of the product" }),
  lead_time_days: z.int().min(0).max(365),
  unit_cost: moneySchema,
}

const MOST_SUPPLIERS = 20

/** The preferred one first. */
export const newSourcesSchema = z
  .strictObject({ suppliers: z.array(z.strictObject(terms)).max(MOST_SUPPLIERS) })
  .superRefine(({ suppliers }, check) => {
    const seen = new Set<string>()
    for (const [at, { supplier_id }] of suppliers.entries()) {
      if (seen.has(supplier_id))
        check.addIssue({ code: 'custom', path: ['suppliers', at, 'supplier_id'], message: 'Is named twice' })
      seen.add(supplier_id)
    }
  })
  .openapi('NewProductSuppliers')

export const sourceSchema = z.object({ ...terms, supplier_name: z.string() }).openapi('ProductSupplier')

export const sourcesOf = ({ suppliers }: z.infer<typeof newSourcesSchema>): Source[] =>
  suppliers.map((each) => ({
    supplierId: each.supplier_id,
    supplierSku: each.supplier_sku,
    leadTimeDays: each.lead_time_days,
    unitCostMinor: each.unit_cost.amount,
    currency: each.unit_cost.currency,
  }))

export const sourceAnswer = (source: NamedSource): z.infer<typeof sourceSchema> => ({
  supplier_id: source.supplierId,
  supplier_name: source.supplierName,
  supplier_sku: source.supplierSku,
  lead_time_days: source.leadTimeDays,
  unit_cost: { amount: source.unitCostMinor, currency: source.currency },
})
