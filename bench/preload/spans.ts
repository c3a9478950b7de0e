import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import pg from 'pg'
import type { Span, Spans } from '../timeline.ts'

/** What the API process does for a request, while it is asked to write that down: statements, calls, requests. */
let written: Spans | undefined

export const startSpans = (): void => void (written = { requests: [], steps: [] })

export function takeSpans(): Spans {
  const taken = written ?? { requests: [], steps: [] }
  written = undefined
  return taken
}

const query = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query')?.value as (...args: unknown[]) => unknown
pg.Client.prototype.query = function timed(this: pg.Client, ...args: unknown[]) {
  if (!written) return query.apply(this, args)
  const end = begin('steps', statementName(args[0]))
  const answered = args.at(-1)
  if (typeof answered === 'function') {
    const called = (...answer: unknown[]) => {
      end()
      return answered(...answer)
    }
    return query.apply(this, [...args.slice(0, -1), called])
  }
  const result = query.apply(this, args)
  if (result instanceof Promise) result.then(end, end)
  return result
} as typeof pg.Client.prototype.query

/** Its name, or how it begins. */
export function statementName(asked: unknown): string {
  const { name, text } = (typeof asked === 'string' ? { text: asked } : asked) as { name?: string; text?: string }
  return name ?? text?.trim().replace(/\s+/g, ' ').slice(0, 40) ?? 'unnamed'
}

const open = new WeakMap<object, () => void>()
subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest }
  open.set(request, begin('steps', `${request.method} ${pathOf(request.path)}`))
})
subscribe('http.client.response.finish', (message) => open.get((message as { request: ClientRequest }).request)?.())
subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage }
  open.set(request, begin('requests', `${request.method} ${pathOf(request.url ?? '')}`))
})
subscribe('http.server.response.finish', (message) => open.get((message as { request: IncomingMessage }).request)?.())

const pathOf = (url: string): string => url.replace(/\?.*/, '').replace(/[a-z]{2,4}_[\w-]{8,}/g, ':id')

function begin(kind: keyof Spans, name: string): () => void {
  const into = written?.[kind]
  const fromMs = performance.now()
  return () => void into?.push({ name, fromMs, toMs: performance.now() } satisfies Span)
}
