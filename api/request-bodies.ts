import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { holdsCardNumber } from '../domain/card-numbers.ts'
import { type FieldError, Problem } from '../domain/problems.ts'

const MAX_BODY_BYTES = 64 * 1024
const MAX_DEPTH = 32

/**
 * Refuses a body of more than 64 KB, announced or not. Node holds a sender to the length it announced, so only a body of
 * unknown length is counted as it comes: that makes a web stream of it, which costs more than the rest of a refusal does.
 */
export const limitBodies: MiddlewareHandler = async (c, next) => {
  if (!mayHaveBody(c)) return next()
  const announced = c.req.header('content-length')
  if (announced === undefined || c.req.header('transfer-encoding') !== undefined) return limit(c, next)
  if (Number(announced) > MAX_BODY_BYTES) throw new Problem('payload_too_large')
  await next()
}

const limit = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new Problem('payload_too_large')
  },
})

/**
 * Reads a body before any route does, so that what no route may ever see (a card number above all) is refused in one
 * place. A body is plain JSON in UTF-8; a byte order mark before it is skipped; of repeated keys the last one counts.
 * A gateway's notice is not ours to judge: its route checks the signature over the bytes as they came.
 */
export const readBodies: MiddlewareHandler = async (c, next) => {
  refuseBrokenParameters(c.req.queries())
  if (mayHaveBody(c) && !c.req.path.startsWith('/v1/webhooks/')) await readBody(c)
  await next()
}

const mayHaveBody = (c: Context): boolean => c.req.method !== 'GET' && c.req.method !== 'HEAD'

async function readBody(c: Context): Promise<void> {
  const bytes = await c.req.arrayBuffer()
  const contentType = c.req.header('content-type')
  if (bytes.byteLength > 0) {
    if (!isPlainJson(contentType, c.req.header('content-encoding'))) throw new Problem('unsupported_media_type')
    const body = parse(decode(bytes))
    refuseUnstorable(body)
    c.req.json = async <T>() => body as T
  } else if (contentType !== undefined) {
    // Many clients announce JSON and then send nothing where nothing is needed.
    c.req.json = async <T>() => ({}) as T
  }
}

function isPlainJson(contentType: string | undefined, encoding: string | undefined): boolean {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return false
  const [mediaType = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase())
  if (mediaType !== 'application/json') return false
  return parameters.every((parameter) => !parameter.startsWith('charset=') || /^charset="?utf-?8"?$/.test(parameter))
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: ArrayBuffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Problem('malformed_request', { detail: 'The body is not UTF-8' })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('malformed_request', { detail: 'The body is not JSON' })
  }
}

/** PostgreSQL stores neither NUL nor half a surrogate pair, and nobody means -0. */
function refuseUnstorable(body: unknown): void {
  const errors: FieldError[] = []
  const path: string[] = []
  const look = (value: unknown): void => {
    if (path.length > MAX_DEPTH) throw new Problem('malformed_request', { detail: 'The body is nested too deeply' })
    if (typeof value === 'string') {
      if (holdsCardNumber(value)) throw new Problem('pan_not_accepted')
      if (!isStorable(value)) errors.push({ path: path.join('.'), message: 'Holds a NUL or a broken character' })
    } else if (typeof value === 'number') {
      if (Number.isInteger(value) && holdsCardNumber(String(value))) throw new Problem('pan_not_accepted')
      if (Object.is(value, -0)) errors.push({ path: path.join('.'), message: 'Is -0' })
    } else if (value !== null && typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) {
        if (holdsCardNumber(key)) throw new Problem('pan_not_accepted')
        if (key === '__proto__' || !isStorable(key)) errors.push({ path: path.join('.'), message: 'Unknown field' })
        path.push(key)
        look(inner)
        path.pop()
      }
    }
  }
  look(body)
  if (errors.length > 0) throw new Problem('invalid_request', { errors: errors.slice(0, 50) })
}

function refuseBrokenParameters(parameters: Record<string, string[]>): void {
  const errors = Object.entries(parameters)
    .filter(([name, values]) => ![name, ...values].every(isStorable))
    .map(([name]) => ({ path: name, message: 'Holds a NUL or a broken character' }))
  if (errors.length > 0) throw new Problem('invalid_request', { errors })
}

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000')
