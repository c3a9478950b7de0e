import { refuse, serveUntilStopped } from '../serving.ts'
import { createApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { openDatabase } from './database.ts'
import { createDisputes } from './disputes.ts'
import { createFaults } from './faults.ts'
import { createLedger } from './ledger.ts'
import { createAnnounce, createNoticeSender } from './notices.ts'
import { createPayments } from './payments.ts'
import { initialSettings } from './settings.ts'

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
  const payments = createPayments({ db, ledger, announce, disputes })
  const app = createApp({ payments, disputes, ledger, settings, faults, wakeNotices: notices.wake })

  serveUntilStopped({
    fetch: app.fetch,
    port: config.PORT,
    host: config.LISTEN_HOST,
    refuse: refuseToStart,
    onReady() {
      disputes.start()
      notices.wake()
    },
    async onStopped() {
      disputes.close()
      await notices.close()
      deliveries.close()
      db.close()
    },
  })
}

function refuseToStart(error: unknown): void {
  refuse('The sandbox payment gateway', error)
}
