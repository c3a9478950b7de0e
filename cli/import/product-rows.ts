import type { z } from '@hono/zod-openapi'
import { newProductSchema } from '../../api/product-schemas.ts'
import { minorUnitsIn } from '../../domain/money.ts'
import type { ImportedProduct } from '../../store/catalogue-imports.ts'
import { newId } from '../../store/ids.ts'

const plain = ['sku', 'name', 'description', 'category', 'status'] as const
const units = ['inventory', 'on_hand', 'available', 'quantity'] as const
const stockColumns = [...units, 'reorder_point', 'reorder_quantity']
const known = new Set<string>([...plain, ...stockColumns, 'price', 'currency', 'attributes'])
const attributeColumn = /^(?:attr|attributes)\.(.+)$/
const DEFAULT_CURRENCY = 'USD'

export const isKnownColumn = (name: string): boolean => known.has(keyOf(name)) || attributeColumn.test(name.trim())

type Reading = { product: ImportedProduct } | { wrong: string }

/** One row of a file as a product: the body of POST /v1/products, as JSON or spread over the columns of a CSV file. */
export function productOf(given: Record<string, unknown>): Reading {
  const row = Object.fromEntries(Object.entries(given).map(([name, value]) => [keyOf(name), cellOf(value)]))
  const body = bodyOf(row, given)
  if ('wrong' in body) return { wrong: body.wrong }
  const parsed = newProductSchema.safeParse(body)
  if (!parsed.success) return { wrong: parsed.error.issues.map(inWords).join('; ') }
  const product = importedFrom(parsed.data, row)
  // PostgreSQL keeps neither in text.
  if (/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(product))) return { wrong: 'holds a character that is none' }
  return { product }
}

function bodyOf(row: Record<string, unknown>, given: Record<string, unknown>): { wrong: string } | object {
  const attributes = attributesOf(row.attributes, given)
  if (attributes === undefined) return { wrong: 'attributes: is not a JSON object' }
  const stock = Object.fromEntries(
    stockColumns.flatMap((name) => (row[name] === undefined ? [] : [[name, numberOf(row[name])]])),
  )
  const { inventory, ...rest } = stock
  return {
    ...Object.fromEntries(plain.map((name) => [name, row[name]])),
    price: priceOf(row),
    attributes,
    inventory:
      typeof inventory === 'object' ? inventory : { ...(inventory !== undefined && { on_hand: inventory }), ...rest },
  }
}

const importedFrom = (product: z.infer<typeof newProductSchema>, row: Record<string, unknown>): ImportedProduct => ({
  id: newId('prd'),
  sku: product.sku,
  name: product.name,
  priceMinor: product.price.amount,
  currency: product.price.currency,
  category: product.category,
  description: row.description === undefined ? undefined : product.description,
  attributes: Object.keys(product.attributes).length === 0 ? undefined : product.attributes,
  status: product.status,
  ...product.inventory,
})

/** A whole number is minor units, as everywhere in this shop; one with a point is what people write, 19.99. */
function priceOf({ price, currency = DEFAULT_CURRENCY }: Record<string, unknown>): unknown {
  if (typeof price === 'object' || price === undefined) return price
  const amount = typeof price === 'string' ? (minorUnitsIn(price, String(currency)) ?? price) : price
  return { amount, currency }
}

/** Attributes as one JSON object, as columns attr.colour, or both. */
function attributesOf(column: unknown, given: Record<string, unknown>): Record<string, unknown> | undefined {
  let values: Record<string, unknown> = {}
  if (typeof column === 'string') {
    try {
      values = JSON.parse(column)
    } catch {
      return undefined
    }
  } else if (column !== undefined) values = column as Record<string, unknown>
  for (const [name, cell] of Object.entries(given)) {
    const [, attribute] = attributeColumn.exec(name.trim()) ?? []
    const value = cellOf(cell)
    if (attribute && value !== undefined) values = { ...values, [attribute]: typedOf(value) }
  }
  return values
}

const keyOf = (name: string): string => name.trim().toLowerCase()

/** An empty cell says nothing. */
const cellOf = (value: unknown): unknown =>
  value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value

/** A facet that is a number or a yes or no, written as such. */
function typedOf(value: unknown): unknown {
  if (value === 'true' || value === 'false') return value === 'true'
  return numberOf(value)
}

const numberOf = (value: unknown): unknown =>
  typeof value === 'string' && String(Number(value)) === value.trim() ? Number(value) : value

const inWords = ({ path, message }: { path: PropertyKey[]; message: string }): string =>
  path.length > 0 ? `${path.join('.')}: ${message}` : message
