import type { Context } from 'hono'
import { z } from 'zod'
import { GatewayProblem } from './problem.ts'

const amount = z.int().min(1)
/** Not with a space at either end: HTTP would drop it from a header, and the key from a body would be another one. */
const key = z.string().regex(/^(?! )[\x20-\x7e]{1,255}(?<! )$/, 'must be 1 to 255 printable ASCII characters')

export const newIntent = z.strictObject({
  amount,
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code'),
  token: z.string().min(1).max(255),
  order_id: z.string().min(1).max(255),
})
export const someAmount = z.strictObject({ amount })
export const nothing = z.strictObject({})
export const actionOutcome = z.strictObject({ outcome: z.enum(['succeed', 'fail']) })
export const disputeOutcome = z.strictObject({ outcome: z.enum(['won', 'lost']) })
export const someKey = z.strictObject({ key })
export const intentQuery = z.strictObject({ idempotency_key: key })
export const ledgerQuery = z.strictObject({
  order_id: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).optional(),
  cursor: z.coerce.number().int().min(0).optional(),
})

export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.infer<T>> {
  const text = await c.req.text()
  let body: unknown
  try {
    body = text === '' ? {} : JSON.parse(text)
  } catch {
    throw new GatewayProblem(400, 'invalid_request', 'The body is not JSON.')
  }
  return check(schema, body)
}

export const readQuery = <T extends z.ZodType>(c: Context, schema: T): z.infer<T> => check(schema, c.req.query())

export function readKey(c: Context): string {
  const header = c.req.header('idempotency-key')
  if (!header) {
    throw new GatewayProblem(400, 'idempotency_key_required', 'Send an Idempotency-Key header with this request.')
  }
  return check(someKey, { key: header }).key
}

function check<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
  throw new GatewayProblem(400, 'invalid_request', problems.join('; '))
}
