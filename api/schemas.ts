import { z } from '@hono/zod-openapi'
import { isAmountMinor, isCurrency, MAX_AMOUNT_MINOR } from '../domain/money.ts'
import { type IdPrefix, isId } from '../domain/ids.ts'
import { Problem } from '../domain/problems.ts'

/** What several resources share on the wire. */
export const moneySchema = z
  .strictObject({
    amount: z
      .int()
      .min(0)
      .max(MAX_AMOUNT_MINOR)
      .refine(isAmountMinor)
      .openapi({ description: 'Minor units', example: 1999 }),
    currency: z
      .string()
      .length(3)
      .refine(isCurrency, { error: 'Must be an ISO 4217 code in capitals' })
      .openapi({ example: 'USD' }),
  })
  .openapi('Money')

export const timeSchema = z.iso
  .datetime()
  .openapi({ description: 'RFC 3339, UTC', example: '2026-11-23T05:06:07.000Z' })

/** Text on one line: neither empty nor only blanks, and without control characters. */
export const lineOfText = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}]*$/u, 'Holds a control character')

/** A whole number in a query. Digits only: `1e2`, ` 5` and `0x10` are mistakes. */
export const wholeNumber = (range: { min: number; max: number }) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'Must be a whole number')
    .transform(Number)
    .pipe(z.int().min(range.min).max(range.max))
    .openapi({ type: 'integer', minimum: range.min, maximum: range.max })

export const pageSize = (most: number, usual: number) =>
  wholeNumber({ min: 1, max: most })
    .optional()
    .transform((limit) => limit ?? usual)
    .openapi({ default: usual })

export const limitParameter = pageSize(100, 20)

export const cursorParameter = z
  .string()
  .max(1_000)
  .optional()
  .openapi({ description: 'The `next_cursor` of the page before; it fits only the query it came from' })

/**
 * For what is checked very often. zod compiles a schema only for whoever asks it synchronously, and Hono's validator asks
 * for a promise.
 */
export const compiled = <Schema extends z.ZodType>(schema: Schema): Schema =>
  Object.assign(schema, { safeParseAsync: async (value: unknown) => schema.safeParse(value) })

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() })

/** A cursor is where the last page ended. It grants nothing, so it is checked for its shape and not signed. */
export const writeCursor = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')

/** `shape` is made for a cursor only: making one takes as long as answering. */
export function readCursor<Position>(
  cursor: string | undefined,
  shape: () => z.ZodType<Position>,
): Position | undefined {
  if (cursor === undefined) return undefined
  try {
    return shape().parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw new Problem('malformed_request', { detail: 'The cursor is not one of ours' })
  }
}

/** A cursor of a list that goes by ids. */
export const readIdCursor = (cursor: string | undefined, prefix: IdPrefix): string | undefined =>
  readCursor(cursor, () => z.string().refine((id) => isId(prefix, id)))

/** One page of what was `found`: one row more than fit says that there are more. `placeOf` is where the next page begins. */
export function pageOf<Row, Answer>(
  found: readonly Row[],
  limit: number,
  { answer, placeOf }: { answer: (row: Row) => Answer; placeOf: (row: Row) => unknown },
): { data: Answer[]; next_cursor: string | null } {
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    data: page.map((row) => answer(row)),
    next_cursor: found.length > limit && last ? writeCursor(placeOf(last)) : null,
  }
}
