import type { MiddlewareHandler } from 'hono'
import { errors, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { refusedToken, type TokenRefusal } from '../domain/accounts.ts'
import { Problem } from '../domain/problems.ts'
import { isStaff, type Role } from '../domain/roles.ts'
import type { Db } from '../store/database.ts'
import { readTogether } from '../store/read-together.ts'
import { findCallers } from '../store/users.ts'

export type Caller = { id: string; role: Role }

export type ApiEnv = {
  Variables: {
    requestId: string
    /** What the token that was sent says, if it is ours. */
    claims: () => Promise<Claims | undefined>
    identify: () => Promise<Caller | undefined>
  }
}

export const ACCESS_TOKEN_SECONDS = 15 * 60

export type Tokens = {
  issue(user: { id: string; tokenVersion: number }): Promise<string>
  /** Refuses with `unauthenticated`, and says why, what is not a token of ours, whole and in date. */
  read(token: string): Promise<Claims>
}

export type Claims = { userId: string; tokenVersion: number }

const CLOCK_TOLERANCE_SECONDS = 5
/** Whose signatures were found good lately: as many as may be shopping at a time. */
const REMEMBERED_TOKENS = 10_000

/** Access tokens: signed by one algorithm with one secret, of one type, and short-lived. Nothing in a token chooses how it is checked. */
export function createTokens(secret: string): Tokens {
  const key = new TextEncoder().encode(secret)
  const issuer = 'holdfast'
  const audience = 'holdfast-api'
  // A signature once found good stays good; who may call is looked up anew each time.
  const known = new LRUCache<string, Claims>({ max: REMEMBERED_TOKENS })
  return {
    issue: ({ id, tokenVersion }) =>
      new SignJWT({ ver: tokenVersion })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(id)
        .setIssuedAt()
        .setExpirationTime(`${ACCESS_TOKEN_SECONDS}s`)
        .sign(key),
    async read(token) {
      const remembered = known.get(token)
      if (remembered) return remembered
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        typ: 'at+jwt',
        issuer,
        audience,
        requiredClaims: ['exp', 'iat', 'sub'],
        maxTokenAge: ACCESS_TOKEN_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
      }).catch((error: Error) => {
        throw error instanceof errors.JOSEError ? refusedToken(reasonOf(error)) : error
      })
      if (payload.sub === undefined || !Number.isSafeInteger(payload.ver)) throw refusedToken('not_ours')
      const claims = { userId: payload.sub, tokenVersion: payload.ver as number }
      // Both are among the required claims.
      const { exp, iat } = payload as { exp: number; iat: number }
      if (exp - iat > ACCESS_TOKEN_SECONDS) throw refusedToken('not_ours')
      const goodUntil = Math.min(exp, iat + ACCESS_TOKEN_SECONDS) + CLOCK_TOLERANCE_SECONDS
      const leftMs = goodUntil * 1_000 - Date.now()
      if (leftMs > 0) known.set(token, claims, { ttl: leftMs })
      return claims
    },
  }
}

function reasonOf(error: errors.JOSEError): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired'
  const isTime = error instanceof errors.JWTClaimValidationFailed && ['iat', 'nbf'].includes(error.claim)
  return isTime && error.reason === 'check_failed' ? 'too_early' : 'not_ours'
}

/** Lets a route ask who calls; nobody is looked up for a route that does not ask. */
export function identifyCallers({ database, tokens }: { database: Db; tokens: Tokens }): MiddlewareHandler<ApiEnv> {
  const findCaller = readTogether((userIds: readonly string[]) => findCallers(database, userIds))
  return async (c, next) => {
    c.set('claims', async () => {
      const header = c.req.header('authorization')
      if (header === undefined) return undefined
      return tokens.read(/^Bearer ([\w.~+/-]+=*)$/i.exec(header)?.[1] ?? '')
    })
    c.set('identify', async () => {
      const claims = await c.var.claims()
      if (!claims) return undefined
      const caller = await findCaller(claims.userId)
      if (caller?.tokenVersion !== claims.tokenVersion) throw refusedToken('revoked')
      return { id: caller.id, role: caller.role }
    })
    await next()
  }
}

type CallerEnv<C> = ApiEnv & { Variables: { caller: C } }

/** Route middleware: anyone, signed in or not; a token that is sent must be good. `c.var.caller` may be undefined. */
export const anyone: MiddlewareHandler<CallerEnv<Caller | undefined>> = async (c, next) => {
  c.set('caller', await c.var.identify())
  await next()
}

/**
 * Route middleware: 401 without a token of ours. Whether it is still good is left to the handler, which asks it together
 * with what else it has to ask (`findEntrants`, `recordCheckout`), before anything else is answered.
 */
export const bearingToken: MiddlewareHandler<ApiEnv & { Variables: { bearer: Claims } }> = async (c, next) => {
  const claims = await c.var.claims()
  if (!claims) throw new Problem('unauthenticated')
  c.set('bearer', claims)
  await next()
}

/** Route middleware: 401 without a good token. Handlers find the caller in `c.var.caller`. */
export const signedIn: MiddlewareHandler<CallerEnv<Caller>> = async (c, next) => {
  const caller = await c.var.identify()
  if (!caller) throw new Problem('unauthenticated')
  c.set('caller', caller)
  await next()
}

/** Route middleware: 401 without a good token, 403 for whoever does not work for the shop. */
export const staffOnly: MiddlewareHandler<CallerEnv<Caller>> = async (c, next) => {
  const caller = await c.var.identify()
  if (!caller) throw new Problem('unauthenticated')
  if (!isStaff(caller.role)) throw new Problem('forbidden')
  c.set('caller', caller)
  await next()
}

/** For the OpenAPI entry of a route behind `signedIn` or `staffOnly`. */
export const bearer = [{ bearer: [] as string[] }]
