import { z } from '@hono/zod-openapi'
import { type ProblemCode, problems } from '../domain/problems.ts'

export const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:holdfast:problem:product_not_found' }),
    title: z.string().openapi({ description: 'What went wrong, for people' }),
    status: z.int(),
    code: z.string().openapi({ description: 'What went wrong, for programs: a code keeps its meaning' }),
    detail: z.string().optional(),
    instance: z.string().optional(),
    request_id: z.string(),
    errors: z
      .array(z.object({ path: z.string().openapi({ example: 'items.0.quantity' }), message: z.string() }))
      .optional()
      .openapi({ description: 'What is wrong where in the request' }),
  })
  .openapi('Problem')

type ProblemResponse = {
  description: string
  content: { 'application/problem+json': { schema: typeof problemSchema } }
}

type Everywhere = 'internal' | 'unavailable'

/** What any request with a body may hear. */
export const bodyProblems = [
  'malformed_request',
  'payload_too_large',
  'unsupported_media_type',
  'invalid_request',
  'pan_not_accepted',
] as const satisfies readonly ProblemCode[]

/** The OpenAPI entries of these problems, by status; what may happen to any request comes by itself. */
export function problemResponses<Code extends ProblemCode>(
  ...codes: Code[]
): { [C in Code | Everywhere as (typeof problems)[C]['status']]: ProblemResponse } {
  const titlesByStatus = new Map<number, string[]>()
  for (const code of [...codes, 'internal', 'unavailable'] as const) {
    const { status, title } = problems[code]
    titlesByStatus.set(status, [...(titlesByStatus.get(status) ?? []), `\`${code}\`: ${title}`])
  }
  const responses = [...titlesByStatus].map(([status, titles]) => [
    status,
    { description: titles.join('. '), content: { 'application/problem+json': { schema: problemSchema } } },
  ])
  return Object.fromEntries(responses)
}
