import type { Context, TypedResponse } from 'hono'
import type { JSONParsed } from 'hono/utils/types'

/** An answer of that shape as JSON, in the bytes that are sent: as text it would be turned into them for each who asks. */
export type Json<Answer> = Uint8Array<ArrayBuffer> & { readonly of?: Answer }

export const toJson = <Answer>(answer: Answer): Json<Answer> => Buffer.from(JSON.stringify(answer))

/** Two objects as one, none of them empty. */
export const joined = <A, B>(a: Json<A>, b: Json<B>): Json<A & B> =>
  Buffer.concat([a.subarray(0, -1), comma, b.subarray(1)])

const comma = Buffer.from(',')

/** Answers with what is JSON already. */
export const sendJson = <Answer>(c: Context, json: Json<Answer>) =>
  c.body(json, 200, { 'Content-Type': 'application/json' }) as unknown as Response &
    TypedResponse<JSONParsed<Answer>, 200, 'json'>

/**
 * What is found again, as the same object, was rendered before: what a moment remembers is written once. What was asked is
 * the first one's then, so it must follow from what is found.
 */
export function renderedOnce<Found extends object, Rendered extends object, Asked extends unknown[]>(
  render: (found: Found, ...asked: Asked) => Rendered,
): (found: Found, ...asked: Asked) => Rendered {
  const known = new WeakMap<Found, Rendered>()
  return (found, ...asked) => {
    const before = known.get(found)
    if (before !== undefined) return before
    const rendered = render(found, ...asked)
    known.set(found, rendered)
    return rendered
  }
}
