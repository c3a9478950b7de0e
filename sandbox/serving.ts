import type { Server } from 'node:http'
import { serve } from '@hono/node-server'

const longestDrainMs = 3_000

type Serving = {
  fetch: Parameters<typeof serve>[0]['fetch']
  port: number
  host: string
  onReady?: () => void
  onStopped: () => void | Promise<void>
  refuse: (error: unknown) => void
}

/** A pretend company at work: says where it listens, and lets running requests end when it is asked to stop. */
export function serveUntilStopped({ fetch, port, host, onReady, onStopped, refuse }: Serving): void {
  const server = serve({ fetch, port, hostname: host }, ({ port }) => {
    process.stdout.write(`${JSON.stringify({ ready: true, url: `http://${host}:${port}` })}\n`)
    onReady?.()
  }) as Server
  server.on('error', refuse)

  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)

  function stop(): void {
    setTimeout(() => server.closeAllConnections(), longestDrainMs).unref()
    // A kept-alive connection outlasts its last answer, so look for idle ones until none is left.
    const closingIdle = setInterval(() => server.closeIdleConnections(), 50)
    server.close(async () => {
      clearInterval(closingIdle)
      await onStopped()
    })
  }
}

/** One sentence on the error output, and the end. */
export function refuse(who: string, error: unknown): void {
  const { message, code, port } = error as NodeJS.ErrnoException & { port?: number }
  const busy = `${who} cannot start: port ${port} is in use.`
  process.stderr.write(`${code === 'EADDRINUSE' ? busy : message}\n`)
  process.exit(1)
}
