import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import { remedies } from '../../domain/reconciliation.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { type Finding, findRun, listFindings, type ReconciliationRun } from '../../store/reconciliation/index.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { startReconciliation } from '../commands/reconciliation.ts'
import type { TemporalLink } from '../commands/temporal.ts'
import { problemResponses } from '../problem-responses.ts'
import { cursorParameter, limitParameter, pageOf, readCursor, timeSchema } from '../schemas.ts'

const runSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['frequent', 'whole']),
    status: z.enum(['running', 'finished']),
    checked: z.int().openapi({ description: 'Promises that were looked at' }),
    skipped: z
      .array(z.object({ name: z.string(), why: z.string() }))
      .openapi({ description: 'Promises that could not be looked at' }),
    found: z.int().openapi({ description: 'Findings that this run was the first to see' }),
    repaired: z.int().openapi({ description: 'What the shop mended by itself, and saw to be right afterwards' }),
    open: z.int().openapi({ description: 'Findings that are open now, of this run and others' }),
    started_at: timeSchema,
    finished_at: timeSchema.nullable(),
  })
  .openapi('ReconciliationRun')

const findingSchema = z
  .object({
    id: z.int(),
    check: z.string().openapi({ description: 'The broken promise, by its name in `npm run invariants`' }),
    subject: z.string().openapi({ description: 'Who breaks it: an order, a product, a payment at the gateway, …' }),
    detail: z.string(),
    cause: z.string(),
    status: z.enum(['open', 'repaired', 'gone']).openapi({
      description: '`open`: for a person. `repaired`: by the shop itself. `gone`: right again without its doing',
    }),
    remedy: z.enum(remedies).nullable().openapi({ description: 'What the shop may do about it by itself' }),
    action: z.string().nullable().openapi({ description: 'What was done about it, or why it could not be' }),
    found_at: timeSchema,
    updated_at: timeSchema,
    ended_at: timeSchema.nullable(),
  })
  .openapi('ReconciliationFinding')

const show = createRoute({
  method: 'get',
  path: '/v1/admin/reconciliation',
  operationId: 'getReconciliation',
  tags: ['operations'],
  summary: 'The last comparison of the books with the world, and everything found',
  security: bearer,
  middleware: staffOnly,
  request: {
    query: z.strictObject({
      run_id: z.string().optional().openapi({ description: 'This run instead of the last' }),
      status: z.enum(['open', 'repaired', 'gone']).optional(),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: {
      description: 'The run, or null where none was made yet, and a page of findings, newest first',
      content: {
        'application/json': {
          schema: z.object({
            run: runSchema.nullable(),
            data: z.array(findingSchema),
            next_cursor: z.string().nullable(),
          }),
        },
      },
    },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'not_found', 'invalid_request'),
  },
})

const start = createRoute({
  method: 'post',
  path: '/v1/admin/reconciliation',
  operationId: 'startReconciliation',
  tags: ['operations'],
  summary: 'Compare everything now',
  security: bearer,
  middleware: staffOnly,
  responses: {
    202: {
      description: 'It begins; `GET /v1/admin/reconciliation?run_id=…` shows how it goes',
      content: { 'application/json': { schema: z.object({ run_id: z.string() }) } },
    },
    ...problemResponses('unauthenticated', 'forbidden'),
  },
})

type Deps = { database: Database; temporal: TemporalLink; settleMs: number }

export function reconciliationRoutes({ database, temporal, settleMs }: Deps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(show, async (c) => {
    const { run_id, status, limit, cursor } = c.req.valid('query')
    const run = run_id === undefined || isId('rec', run_id) ? await findRun(database, run_id) : undefined
    if (run_id !== undefined && !run) throw new Problem('not_found', { detail: `There is no run ${run_id}` })
    const before = readCursor(cursor, () => z.int())
    const findings = await listFindings(database, { status, before, limit: limit + 1 })
    return c.json(
      {
        run: run ? runAnswer(run) : null,
        ...pageOf(findings, limit, { answer: findingAnswer, placeOf: ({ id }) => id }),
      },
      200,
    )
  })

  routes.openapi(start, async (c) => {
    const runId = newId('rec')
    await startReconciliation(temporal, { runId, settleMs })
    return c.json({ run_id: runId }, 202)
  })
  return routes
}

const runAnswer = (run: ReconciliationRun): z.infer<typeof runSchema> => ({
  id: run.id,
  kind: run.kind,
  status: run.finishedAt ? 'finished' : 'running',
  checked: run.checked,
  skipped: run.skipped,
  found: run.found,
  repaired: run.repaired,
  open: run.open,
  started_at: run.startedAt.toISOString(),
  finished_at: run.finishedAt?.toISOString() ?? null,
})

const findingAnswer = (finding: Finding): z.infer<typeof findingSchema> => ({
  id: finding.id,
  check: finding.check,
  subject: finding.subject,
  detail: finding.detail,
  cause: finding.cause,
  status: finding.status,
  remedy: finding.remedy,
  action: finding.action,
  found_at: finding.createdAt.toISOString(),
  updated_at: finding.updatedAt.toISOString(),
  ended_at: finding.endedAt?.toISOString() ?? null,
})
