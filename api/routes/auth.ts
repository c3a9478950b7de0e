import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { normalizeName } from '../../domain/accounts.ts'
import { Problem } from '../../domain/problems.ts'
import { newId } from '../../store/ids.ts'
import { hashPassword, verifyNobodysPassword, verifyPassword } from '../../store/passwords.ts'
import { createRefreshToken, revokeRefreshToken, rotateRefreshToken } from '../../store/refresh-tokens.ts'
import { createUser, findCallers, findLogin } from '../../store/users.ts'
import type { AppDeps } from '../app.ts'
import { ACCESS_TOKEN_SECONDS, type ApiEnv } from '../authentication.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { lineOfText } from '../schemas.ts'
import { freeForm, userAnswer, userSchema } from './me.ts'

const emailSchema = z
  .string()
  .max(254)
  .transform(normalizeName)
  .pipe(z.email())
  .openapi({ type: 'string', format: 'email', example: 'ada@example.com' })

const passwordSchema = z.string().min(8).max(128).openapi({ format: 'password', example: 'correct horse battery' })

const registrationSchema = z
  .strictObject({
    username: lineOfText(64).openapi({ example: 'ada' }),
    email: emailSchema,
    password: passwordSchema,
    profile: freeForm.optional(),
    preferences: freeForm.optional(),
  })
  .openapi('Registration')

const tokensSchema = z
  .object({
    access_token: z.string(),
    refresh_token: z.string().openapi({ description: 'Good for one use; using it twice signs the device out' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().openapi({ description: 'Seconds until the access token ends', example: ACCESS_TOKEN_SECONDS }),
  })
  .openapi('Tokens')

const refreshSchema = z.strictObject({ refresh_token: z.string().min(1).max(255) })
const tokensContent = { 'application/json': { schema: tokensSchema } }

const register = createRoute({
  method: 'post',
  path: '/v1/auth/register',
  operationId: 'register',
  tags: ['accounts'],
  summary: 'Open an account',
  request: { body: { required: true, content: { 'application/json': { schema: registrationSchema } } } },
  responses: {
    201: { description: 'The new user', content: { 'application/json': { schema: userSchema } } },
    ...problemResponses('email_taken', 'username_taken', ...bodyProblems),
  },
})

const login = createRoute({
  method: 'post',
  path: '/v1/auth/login',
  operationId: 'login',
  tags: ['accounts'],
  summary: 'Sign in',
  request: {
    body: {
      required: true,
      content: {
        'application/json': { schema: z.strictObject({ email: emailSchema, password: z.string().min(1).max(128) }) },
      },
    },
  },
  responses: {
    200: { description: 'An access token and its refresh token', content: tokensContent },
    ...problemResponses('invalid_credentials', ...bodyProblems),
  },
})

const refresh = createRoute({
  method: 'post',
  path: '/v1/auth/refresh',
  operationId: 'refreshTokens',
  tags: ['accounts'],
  summary: 'Exchange a refresh token',
  request: { body: { required: true, content: { 'application/json': { schema: refreshSchema } } } },
  responses: {
    200: { description: 'New tokens; the one sent is used up', content: tokensContent },
    ...problemResponses('unauthenticated', ...bodyProblems),
  },
})

const logout = createRoute({
  method: 'post',
  path: '/v1/auth/logout',
  operationId: 'logout',
  tags: ['accounts'],
  summary: 'Sign this device out',
  request: { body: { required: true, content: { 'application/json': { schema: refreshSchema } } } },
  responses: { 204: { description: 'Signed out, or was already' }, ...problemResponses(...bodyProblems) },
})

export function authRoutes({ database, tokens, logger }: Pick<AppDeps, 'database' | 'tokens' | 'logger'>) {
  const routes = new OpenAPIHono<ApiEnv>()

  const tokensFor = async (user: { id: string; tokenVersion: number }, refreshToken: string) => ({
    access_token: await tokens.issue(user),
    refresh_token: refreshToken,
    token_type: 'Bearer' as const,
    expires_in: ACCESS_TOKEN_SECONDS,
  })

  routes.use('/v1/auth/*', async (c, next) => {
    c.header('Cache-Control', 'no-store')
    await next()
  })

  routes.openapi(register, async (c) => {
    const { password, ...account } = c.req.valid('json')
    const user = await createUser(database, {
      ...account,
      id: newId('usr'),
      passwordHash: await hashPassword(password),
    })
    return c.json(userAnswer(user), 201)
  })

  routes.openapi(login, async (c) => {
    const { email, password } = c.req.valid('json')
    const user = await findLogin(database, email)
    const isRight = user ? await verifyPassword(password, user.passwordHash) : await verifyNobodysPassword(password)
    if (!user || !isRight) throw new Problem('invalid_credentials')
    return c.json(await tokensFor(user, await createRefreshToken(database, user.id)), 200)
  })

  routes.openapi(refresh, async (c) => {
    const rotation = await rotateRefreshToken(database, c.req.valid('json').refresh_token)
    if (rotation.outcome === 'reused') {
      logger.warn({ request_id: c.var.requestId, user_id: rotation.userId }, 'a refresh token was used twice')
    }
    const [user] = rotation.outcome === 'rotated' ? await findCallers(database, [rotation.userId]) : []
    if (rotation.outcome !== 'rotated' || !user) {
      throw new Problem('unauthenticated', { detail: 'The refresh token is not good any more; sign in again' })
    }
    return c.json(await tokensFor(user, rotation.refreshToken), 200)
  })

  routes.openapi(logout, async (c) => {
    await revokeRefreshToken(database, c.req.valid('json').refresh_token)
    return c.body(null, 204)
  })
  return routes
}
