import { OpenAPIHono } from '@hono/zod-openapi'
import type { Logger } from 'pino'
import { createActivities } from '../activities/index.ts'
import { type ApiEnv, identifyCallers, type Tokens } from '../api/authentication.ts'
import { answerProblems, refuseInvalid } from '../api/problem-answers.ts'
import { limitBodies, readBodies } from '../api/request-bodies.ts'
import { checkoutRoutes } from '../api/routes/checkout.ts'
import { orderActionRoutes } from '../api/routes/order-actions.ts'
import { orderRoutes } from '../api/routes/orders.ts'
import { refundDecisionRoutes } from '../api/routes/refund-decisions.ts'
import { refundRoutes } from '../api/routes/refunds.ts'
import { returnDecisionRoutes } from '../api/routes/return-decisions.ts'
import { returnRoutes } from '../api/routes/returns.ts'
import { replenishmentReceiptRoutes } from '../api/routes/replenishment-receipts.ts'
import { replenishmentRoutes } from '../api/routes/replenishments.ts'
import { webhookRoutes } from '../api/routes/webhooks.ts'
import type { PaymentNotice } from '../gateways/payment/port.ts'
import type { Database } from '../store/database.ts'
import { createMoments } from '../store/moments.ts'
import type { Outcomes } from '../store/outcomes.ts'
import type { OrderInput } from '../workflows/order.messages.ts'
import type { Activities } from './engine/attempts.ts'
import type { Engine } from './engine/engine.ts'
import type { Cached } from './engine/execution.ts'
import type { Faults } from './faults.ts'
import type { Gateway } from './gateway.ts'
import type { Process, Scheduler } from './scheduler.ts'
import type { Suppliers } from './supplier.ts'
import { simulatedClient } from './temporal-client.ts'

/** A process of the shop as npm start runs it: the API and a worker in one. */
export type ShopProcess = Process & {
  cache: Map<string, Cached>
  activities: Activities
  app: OpenAPIHono<ApiEnv>
  /** How often a workflow is pushed out of the cache between two tasks. */
  evictions: number
}

export const POLICY: Omit<OrderInput, 'orderId'> = {
  paymentHoldMs: 15 * 60_000,
  reviewDeadlineMs: 24 * 60 * 60_000,
  risk: { reviewAbove: 0.5, rejectAbove: 0.8 },
  isPaidAtOnce: true,
}

const REFUND_POLICY = {
  approval: { limitMinor: 5_000, withinMs: 30 * 24 * 60 * 60_000, deadlineMs: 24 * 60 * 60_000 },
  remindAfterMs: 60 * 60_000,
  escalateAfterMs: 3 * 60 * 60_000,
}
const RETURN_POLICY = {
  windowMs: 30 * 24 * 60 * 60_000,
  // Soon enough for a parcel to come as nobody waits for it any more.
  receiveWithinMs: 90_000,
  remindAfterMs: 60 * 60_000,
  escalateAfterMs: 3 * 60 * 60_000,
  ownApprovalLimitMinor: 5_000,
}
export const REPLENISHMENT_POLICY = {
  lateAfterMs: 2 * 24 * 60 * 60_000,
  suppliers: { answerWithinMs: 15_000, chaseEveryMs: 60 * 60_000, chases: 2 },
}

const silent: Pick<Logger, 'info' | 'warn' | 'error'> = { info() {}, warn() {}, error() {} }
const logger = silent as Logger

/** Callers are who their tokens say: signatures are looked at by other tests. */
const tokens: Tokens = {
  issue: ({ id }) => Promise.resolve(id),
  read: (token) => Promise.resolve({ userId: token, tokenVersion: 0 }),
}

export const newProcess = (name: string): ShopProcess => ({
  name,
  life: 0,
  isUp: false,
  frozenUntilMs: 0,
  cache: new Map(),
  activities: {},
  app: new OpenAPIHono(),
  evictions: 0,
})

type Deps = {
  scheduler: Scheduler
  database: Database
  gateway: Gateway
  suppliers: Suppliers
  engine: Engine
  outcomes: Outcomes
  faults: Faults
}

/** Starts a process, or starts it again: everything it had in memory is new. */
export function boot(process: ShopProcess, deps: Deps): void {
  const { scheduler, database, gateway, suppliers, engine, outcomes, faults } = deps
  const nudgeSearchSync = () => {}
  process.isUp = true
  process.evictions = faults.engine.evictions
  process.activities = createActivities({
    database,
    gateways: { quick: gateway.client(1_500), patient: gateway.client(8_000) },
    suppliers: suppliers.client(8_000),
    logger,
  })
  const client = simulatedClient(engine, scheduler, process, faults.rpc)
  const temporal = { client, taskQueue: 'orders', canStartEagerly: true }
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid })
  app.onError(answerProblems(logger))
  app.use(limitBodies, readBodies, identifyCallers({ database, tokens }))
  app.route(
    '/',
    checkoutRoutes({ database, outcomes, moments: createMoments(), temporal, policy: POLICY, deadlineMs: 8_000 }),
  )
  app.route('/', orderRoutes({ database }))
  app.route('/', orderActionRoutes({ database, temporal, logger }))
  app.route('/', refundRoutes({ database, temporal, outcomes, policy: REFUND_POLICY }))
  app.route('/', refundDecisionRoutes({ database, temporal }))
  app.route('/', returnRoutes({ database, temporal, outcomes, policy: RETURN_POLICY }))
  app.route('/', returnDecisionRoutes({ database, temporal, nudgeSearchSync }))
  app.route('/', replenishmentRoutes({ database, temporal, outcomes, policy: REPLENISHMENT_POLICY }))
  app.route('/', replenishmentReceiptRoutes({ database, temporal, nudgeSearchSync }))
  app.route('/', webhookRoutes({ database, temporal, logger, readNotice: (body) => JSON.parse(body) as PaymentNotice }))
  process.app = app
}

/** What is in a process's memory goes with it. */
export async function kill(process: ShopProcess, scheduler: Scheduler): Promise<void> {
  scheduler.kill(process)
  process.frozenUntilMs = 0
  const lost = [...process.cache.values()]
  process.cache.clear()
  for (const cached of lost) {
    cached.locals.clear()
    cached.task = undefined
    await cached.instance.dispose()
  }
}

/** The announcements of PostgreSQL, as far as they arrive. */
export function simulatedOutcomes(scheduler: Scheduler, faults: Faults): Outcomes & { announce(id: string): void } {
  const waiting = new Map<string, Set<() => void>>()
  return {
    next(id, withinMs) {
      const afterHere = scheduler.forThis()
      return new Promise((resolve) => {
        const others = waiting.get(id) ?? new Set()
        waiting.set(id, others)
        const done = () => {
          stop()
          others.delete(tell)
          resolve()
        }
        const tell = () => void afterHere(scheduler.latencyMs(), 'outcome announced', done)
        const stop = afterHere(withinMs, 'looks for the outcome', done)
        others.add(tell)
      })
    },
    announce(id) {
      if (scheduler.chance(faults.database.announcementLost)) return scheduler.count('announcement lost')
      for (const tell of waiting.get(id) ?? []) tell()
    },
    close: () => Promise.resolve(),
  }
}
