import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { Problem } from '../../domain/problems.ts'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { listModels, type RecommendationModel, rollBackModel } from '../../store/recommendations/index.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { startRecommendationTraining } from '../commands/recommendation-training.ts'
import type { TemporalLink } from '../commands/temporal.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { timeSchema } from '../schemas.ts'

const qualitySchema = z.object({ hit_rate: z.number(), ndcg: z.number(), coverage: z.number() })

const modelSchema = z
  .object({
    id: z.string(),
    status: z.enum(['candidate', 'published', 'rejected', 'withdrawn']),
    is_served: z.boolean(),
    lines: z.int().nullable().openapi({ description: 'What it learnt from: products bought or looked at' }),
    settings: z.record(z.string(), z.unknown()).nullable().openapi({ type: 'object', additionalProperties: true }),
    figures: z
      .object({ cases: z.int(), protocol: z.string(), model: qualitySchema, popularity: qualitySchema })
      .nullable()
      .openapi({ description: 'Asked for the newest after learning from the rest: the ten best, beside popularity' }),
    created_at: timeSchema,
    published_at: timeSchema.nullable(),
  })
  .openapi('RecommendationModel')

const MOST_LISTED = 20

const list = createRoute({
  method: 'get',
  path: '/v1/admin/recommendations',
  operationId: 'listRecommendationModels',
  tags: ['operations'],
  summary: 'The versions of the recommendations, newest first',
  security: bearer,
  middleware: staffOnly,
  responses: {
    200: {
      description: 'The versions',
      content: { 'application/json': { schema: z.object({ data: z.array(modelSchema) }) } },
    },
    ...problemResponses('unauthenticated', 'forbidden'),
  },
})

const train = createRoute({
  method: 'post',
  path: '/v1/admin/recommendations/trainings',
  operationId: 'trainRecommendations',
  tags: ['operations'],
  summary: 'Train a version now',
  security: bearer,
  middleware: staffOnly,
  responses: {
    202: {
      description: 'It has begun',
      content: { 'application/json': { schema: z.object({ model_id: z.string() }) } },
    },
    ...problemResponses('unauthenticated', 'forbidden', 'unavailable'),
  },
})

const rollBack = createRoute({
  method: 'post',
  path: '/v1/admin/recommendations/rollback',
  operationId: 'rollBackRecommendations',
  tags: ['operations'],
  summary: 'Serve the version that was published before',
  description: 'Names the version to leave, so that a repeat does not go back twice.',
  security: bearer,
  middleware: staffOnly,
  request: {
    body: {
      required: true,
      content: { 'application/json': { schema: z.strictObject({ model_id: z.string().max(64) }) } },
    },
  },
  responses: {
    200: {
      description: 'What is served now',
      content: { 'application/json': { schema: z.object({ served: z.string() }) } },
    },
    ...problemResponses('unauthenticated', 'forbidden', 'not_served', 'no_earlier_model', ...bodyProblems),
  },
})

export function recommendationModelRoutes({ database, temporal }: { database: Database; temporal: TemporalLink }) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(list, async (c) => c.json({ data: (await listModels(database, MOST_LISTED)).map(modelAnswer) }, 200))

  routes.openapi(train, async (c) => {
    const modelId = newId('mdl')
    await startRecommendationTraining(temporal, modelId)
    return c.json({ model_id: modelId }, 202)
  })

  routes.openapi(rollBack, async (c) => {
    const result = await rollBackModel(database, c.req.valid('json').model_id)
    if (result.outcome === 'not_served') throw new Problem('not_served')
    if (result.outcome === 'nothing_before') throw new Problem('no_earlier_model')
    return c.json({ served: result.served }, 200)
  })
  return routes
}

type Quality = NonNullable<RecommendationModel['figures']>['model']
const qualityAnswer = ({ hitRate, ndcg, coverage }: Quality) => ({ hit_rate: hitRate, ndcg, coverage })

const modelAnswer = ({ figures, ...model }: RecommendationModel): z.infer<typeof modelSchema> => ({
  id: model.id,
  status: model.status,
  is_served: model.isServed,
  lines: model.lines,
  settings: model.settings,
  figures: figures && {
    cases: figures.cases,
    protocol: figures.protocol,
    model: qualityAnswer(figures.model),
    popularity: qualityAnswer(figures.popularity),
  },
  created_at: model.createdAt.toISOString(),
  published_at: model.publishedAt?.toISOString() ?? null,
})
