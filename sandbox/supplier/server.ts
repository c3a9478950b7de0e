import { refuse, serveUntilStopped } from '../serving.ts'
import { createApp } from './app.ts'
import { readConfig } from './config.ts'
import { createOrders, openDatabase } from './orders.ts'
import { createSettings } from './settings.ts'

try {
  const config = readConfig(process.env)
  const settings = createSettings()
  const db = openDatabase(config.DATABASE_FILE)
  const app = createApp({ orders: createOrders(db, settings), settings })
  serveUntilStopped({
    fetch: app.fetch,
    port: config.PORT,
    host: config.LISTEN_HOST,
    refuse: refuseToStart,
    onStopped: () => db.close(),
  })
} catch (error) {
  refuseToStart(error)
}

function refuseToStart(error: unknown): void {
  refuse('The sandbox supplier', error)
}
