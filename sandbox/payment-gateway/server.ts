import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { openDatabase } from './database.ts'
import { createDisputes } from './disputes.ts'
import { createFaults } from './faults.ts'
import { createLedger } from './ledger.ts'
import { createAnnounce, createNoticeSender } from './notices.ts'
import { createPayments } from './payments.ts'
import { initialSettings } from './settings.ts'

const longestDrainMs = 3_000

try {
  run(readConfig(process.env))
} catch (error) {
  refuseToStart(error)
}

function run(config: Config): void {
  const settings = initialSettings(config.WEBHOOK_URL)
  const faults = createFaults(settings)
  const db = openDatabase(config.DATABASE_FILE, 'full')
  // A connection of its own, so that a delivery, which may be repeated, costs no disk sync.
  const deliveries = openDatabase(config.DATABASE_FILE, 'normal')
  const notices = createNoticeSender(deliveries, settings, faults, config.WEBHOOK_SECRET)
  const ledger = createLedger(db)
  const announce = createAnnounce(db, settings, faults, notices.wake)
  const disputes = createDisputes({ db, ledger, announce, settings })
  const payments = createPayments({ db, ledger, announce, scheduleDispute: disputes.schedule })
  const app = createApp({ payments, ledger, settings, faults, wakeNotices: notices.wake })

  const server = serve({ fetch: app.fetch, port: config.PORT, hostname: config.LISTEN_HOST }, ({ port }) => {
    process.stdout.write(`${JSON.stringify({ ready: true, url: `http://${config.LISTEN_HOST}:${port}` })}\n`)
    disputes.start()
    notices.wake()
  }) as Server
  server.on('error', refuseToStart)

  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)

  function stop(): void {
    setTimeout(() => server.closeAllConnections(), longestDrainMs).unref()
    // A kept-alive connection outlasts its last answer, so look for idle ones until none is left.
    const closingIdle = setInterval(() => server.closeIdleConnections(), 50)
    server.close(async () => {
      clearInterval(closingIdle)
      disputes.close()
      await notices.close()
      deliveries.close()
      db.close()
    })
  }
}

function refuseToStart(error: unknown): void {
  const { message, code } = error as NodeJS.ErrnoException
  const busy = `The sandbox payment gateway cannot start: port ${process.env.PORT} is in use.`
  process.stderr.write(`${code === 'EADDRINUSE' ? busy : message}\n`)
  process.exit(1)
}
