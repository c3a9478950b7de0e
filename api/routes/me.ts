import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { Problem } from '../../domain/problems.ts'
import { roles } from '../../domain/roles.ts'
import { findUser, type User, updateUser } from '../../store/users.ts'
import type { AppDeps } from '../app.ts'
import { type ApiEnv, bearer, signedIn } from '../authentication.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { lineOfText, timeSchema } from '../schemas.ts'

/** What a shop wants to remember of a person is its own business. */
export const freeForm = z
  .record(z.string().max(64), z.unknown())
  .refine((fields) => Object.keys(fields).length <= 50, { error: 'Holds more than 50 fields' })
  .openapi({ type: 'object', additionalProperties: true })

export const userSchema = z
  .object({
    id: z.string(),
    username: z.string(),
    email: z.string(),
    role: z.enum(roles),
    profile: freeForm,
    preferences: freeForm,
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('User')

export const userAnswer = (user: User): z.infer<typeof userSchema> => ({
  id: user.id,
  username: user.username,
  email: user.email,
  role: user.role,
  profile: user.profile,
  preferences: user.preferences,
  created_at: user.createdAt.toISOString(),
  updated_at: user.updatedAt.toISOString(),
})

const changesSchema = z
  .strictObject({
    username: lineOfText(64).optional(),
    profile: freeForm.optional(),
    preferences: freeForm.optional(),
  })
  .openapi('UserChanges')

const userContent = { 'application/json': { schema: userSchema } }

const show = createRoute({
  method: 'get',
  path: '/v1/me',
  operationId: 'getMe',
  tags: ['accounts'],
  summary: 'Who am I?',
  security: bearer,
  middleware: signedIn,
  responses: { 200: { description: 'The caller', content: userContent }, ...problemResponses('unauthenticated') },
})

const change = createRoute({
  method: 'patch',
  path: '/v1/me',
  operationId: 'updateMe',
  tags: ['accounts'],
  summary: 'Change my account',
  description: 'What is not sent stays. `profile` and `preferences` are replaced as a whole.',
  security: bearer,
  middleware: signedIn,
  request: { body: { required: true, content: { 'application/json': { schema: changesSchema } } } },
  responses: {
    200: { description: 'The caller, changed', content: userContent },
    ...problemResponses('unauthenticated', 'username_taken', ...bodyProblems),
  },
})

export function meRoutes({ database }: Pick<AppDeps, 'database'>) {
  const routes = new OpenAPIHono<ApiEnv>()
  routes.openapi(show, async (c) => {
    const user = await findUser(database, c.var.caller.id)
    if (!user) throw new Problem('unauthenticated')
    return c.json(userAnswer(user), 200)
  })
  routes.openapi(change, async (c) => {
    const user = await updateUser(database, c.var.caller.id, c.req.valid('json'))
    if (!user) throw new Problem('unauthenticated')
    return c.json(userAnswer(user), 200)
  })
  return routes
}
