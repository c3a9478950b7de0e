import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Env } from './answering.ts'
import type { Disputes } from './disputes.ts'
import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { Payments } from './payments.ts'
import { GatewayProblem } from './problem.ts'
import { operationRoutes } from './routes/operations.ts'
import { paymentIntentRoutes } from './routes/payment-intents.ts'
import type { Settings } from './settings.ts'

type AppDependencies = {
  payments: Payments
  disputes: Pick<Disputes, 'settle'>
  ledger: Ledger
  settings: Settings
  faults: Faults
  wakeNotices: () => void
}

export function createApp({ payments, disputes, faults, ...owner }: AppDependencies): Hono<Env> {
  const app = new Hono<Env>()
  const tooLarge = { code: 'body_too_large', message: 'The body is larger than 64 KB.' }
  app.use(bodyLimit({ maxSize: 65_536, onError: (c) => c.json({ error: tooLarge }, 413) }))

  app.get('/health', (c) => c.json({ status: 'ok' }))
  app.route('/v1', paymentIntentRoutes(payments, disputes, faults))
  app.route('/v1', operationRoutes({ ...owner, faults }))

  app.notFound((c) =>
    c.json({ error: { code: 'route_not_found', message: `No ${c.req.method} ${c.req.path} here.` } }, 404),
  )
  app.onError((error, c) => {
    if (error instanceof GatewayProblem) {
      return c.json({ error: { code: error.code, message: error.message } }, error.status)
    }
    console.error(error)
    return c.json({ error: { code: 'gateway_error', message: 'Something went wrong.' } }, 500)
  })
  return app
}
