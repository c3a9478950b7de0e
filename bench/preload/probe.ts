import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Session } from 'node:inspector/promises'
import { isMainThread } from 'node:worker_threads'
import pg from 'pg'
import { startSpans, statementName, takeSpans } from './spans.ts'

/**
 * Loaded by the API process before its own code: counts what it sends to PostgreSQL by the statement's name, and takes a
 * CPU profile of exactly the time it is asked to. One addition for each statement is all it costs.
 */
const counts: Record<string, number> = {}
const query = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query')?.value as (...args: unknown[]) => unknown
pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
  const name = statementName(args[0])
  counts[name] = (counts[name] ?? 0) + 1
  return query.apply(this, args)
} as typeof pg.Client.prototype.query

const inspector = new Session()
const act: Record<string, (file: string) => Promise<unknown>> = {
  '/statements': async () => counts,
  '/spans/start': async () => startSpans(),
  '/spans/take': async () => takeSpans(),
  '/profile/start': async () => {
    inspector.connect()
    await inspector.post('Profiler.enable')
    await inspector.post('Profiler.start')
  },
  '/profile/stop': async (file) => {
    const { profile } = await inspector.post('Profiler.stop')
    inspector.disconnect()
    writeFileSync(file, JSON.stringify(profile))
  },
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://probe')
  const result = await act[pathname]?.(searchParams.get('file') ?? '')
  response.end(JSON.stringify(result ?? {}))
})
// The threads that run workflows load it too, and never speak to PostgreSQL.
if (isMainThread) server.listen(process.env.BENCH_PROBE).unref()
