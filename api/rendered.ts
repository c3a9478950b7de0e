import type { Context, TypedResponse } from 'hono'
import type { JSONParsed } from 'hono/utils/types'

/** An answer of that shape, written as JSON. */
export type Json<Answer> = string & { readonly of?: Answer }

export const toJson = <Answer>(answer: Answer): Json<Answer> => JSON.stringify(answer)

/** Answers with what is JSON already. */
export const sendJson = <Answer>(c: Context, json: Json<Answer>) =>
  c.body(json, 200, { 'Content-Type': 'application/json' }) as unknown as Response &
    TypedResponse<JSONParsed<Answer>, 200, 'json'>

/** What is found again, as the same object, was rendered before: what a moment remembers is written once. */
export function renderedOnce<Found extends object, Rendered extends object | string>(
  render: (found: Found) => Rendered,
): (found: Found) => Rendered {
  const known = new WeakMap<Found, Rendered>()
  return (found) => {
    const before = known.get(found)
    if (before !== undefined) return before
    const rendered = render(found)
    known.set(found, rendered)
    return rendered
  }
}
