import { z } from 'zod'
import { reviewModerations } from '../domain/product-review.ts'

const port = z.coerce.number().int().min(0).max(65_535)
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const share = z.coerce.number().min(0).max(1)
const durationMs = z.coerce.number().int().positive()

const DAY_MS = 24 * 60 * 60_000

const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(8080),
  REUSE_PORT: flag.default(false),
  HOST_WORKER: flag.default(true),
  DATABASE_URL: z.url(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(16),
  REDIS_URL: z.url().optional(),
  OPENSEARCH_URL: z.url().optional(),
  SEARCH_SYNONYMS: z.string().optional(),
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TASK_QUEUE: z.string().default('orders'),
  WORKFLOW_BUNDLE: z.string().optional(),
  PAYMENT_GATEWAY: z.enum(['sandbox', 'stripe']).default('sandbox'),
  GATEWAY_URL: z.url().optional(),
  GATEWAY_WEBHOOK_SECRET: z.string().optional(),
  STRIPE_API_KEY: z.string().optional(),
  STRIPE_WEBHOOK_SECRET: z.string().optional(),
  STRIPE_RETURN_URL: z.url().optional(),
  JWT_SECRET: z.string().min(32),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  CHECKOUT_DEADLINE_MS: durationMs.default(8_000),
  PAYMENT_HOLD_MS: durationMs.default(15 * 60_000),
  REVIEW_DEADLINE_MS: durationMs.default(24 * 60 * 60_000),
  RISK_REVIEW_THRESHOLD: share.default(0.5),
  RISK_REJECT_THRESHOLD: share.default(0.8),
  // In minor units of whatever currency the order has.
  REFUND_APPROVAL_LIMIT: z.coerce.number().int().min(0).default(10_000),
  REFUND_WINDOW_MS: durationMs.default(30 * DAY_MS),
  REFUND_REMINDER_MS: durationMs.default(DAY_MS),
  REFUND_ESCALATION_MS: durationMs.default(3 * DAY_MS),
  REFUND_DECISION_DEADLINE_MS: durationMs.default(14 * DAY_MS),
  REPLENISHMENT_LATE_MS: durationMs.default(14 * DAY_MS),
  REVIEW_MODERATION: z.enum(reviewModerations).default('doubtful'),
  SUPPLIER_URL: z.url().optional(),
  SUPPLIER_ANSWER_MS: durationMs.default(DAY_MS),
  SUPPLIER_CHASE_MS: durationMs.default(2 * DAY_MS),
  SUPPLIER_CHASES: z.coerce.number().int().min(0).max(20).default(3),
  RETURN_WINDOW_MS: durationMs.default(30 * DAY_MS),
  RETURN_RECEIPT_DEADLINE_MS: durationMs.default(30 * DAY_MS),
  RETURN_REMINDER_MS: durationMs.default(DAY_MS),
  RETURN_ESCALATION_MS: durationMs.default(3 * DAY_MS),
  RECONCILIATION_EVERY_MS: durationMs.default(5 * 60_000),
  RECONCILIATION_SETTLE_MS: durationMs.default(10_000),
  WEBHOOK_ALLOW_PRIVATE: z.stringbool().default(false),
  WEBHOOK_GIVE_UP_MS: durationMs.default(3 * DAY_MS),
  WEBHOOK_SECRET_OVERLAP_MS: durationMs.default(DAY_MS),
  RECOMMENDATION_TRAINING_EVERY_MS: durationMs.default(6 * 60 * 60_000),
})

export type Config = ReturnType<typeof readConfig>

/** The environment as one typed value. Everything wrong with it is named at once, in the words of its variables. */
export function readConfig(env: Record<string, string | undefined>) {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The settings in the environment cannot be used:\n${lines.join('\n')}`)
  }
  const e = parsed.data
  return {
    http: { host: e.HOST, port: e.PORT, reusePort: e.REUSE_PORT, checkoutDeadlineMs: e.CHECKOUT_DEADLINE_MS },
    hostWorker: e.HOST_WORKER,
    database: { url: e.DATABASE_URL, poolSize: e.DATABASE_POOL_SIZE },
    redisUrl: e.REDIS_URL,
    openSearchUrl: e.OPENSEARCH_URL,
    synonymsFile: e.SEARCH_SYNONYMS,
    temporal: {
      address: e.TEMPORAL_ADDRESS,
      namespace: e.TEMPORAL_NAMESPACE,
      taskQueue: e.TASK_QUEUE,
      workflowBundle: e.WORKFLOW_BUNDLE,
    },
    payment: paymentSettings(e),
    jwtSecret: e.JWT_SECRET,
    logLevel: e.LOG_LEVEL,
    orders: {
      paymentHoldMs: e.PAYMENT_HOLD_MS,
      reviewDeadlineMs: e.REVIEW_DEADLINE_MS,
      risk: { reviewAbove: e.RISK_REVIEW_THRESHOLD, rejectAbove: e.RISK_REJECT_THRESHOLD },
      isPaidAtOnce: true,
    },
    refunds: {
      approval: {
        limitMinor: e.REFUND_APPROVAL_LIMIT,
        withinMs: e.REFUND_WINDOW_MS,
        deadlineMs: e.REFUND_DECISION_DEADLINE_MS,
      },
      remindAfterMs: e.REFUND_REMINDER_MS,
      escalateAfterMs: e.REFUND_ESCALATION_MS,
    },
    reviewModeration: e.REVIEW_MODERATION,
    supplierUrl: e.SUPPLIER_URL,
    replenishments: {
      lateAfterMs: e.REPLENISHMENT_LATE_MS,
      ...(e.SUPPLIER_URL !== undefined && {
        suppliers: {
          answerWithinMs: e.SUPPLIER_ANSWER_MS,
          chaseEveryMs: e.SUPPLIER_CHASE_MS,
          chases: e.SUPPLIER_CHASES,
        },
      }),
    },
    returns: {
      windowMs: e.RETURN_WINDOW_MS,
      receiveWithinMs: e.RETURN_RECEIPT_DEADLINE_MS,
      remindAfterMs: e.RETURN_REMINDER_MS,
      escalateAfterMs: e.RETURN_ESCALATION_MS,
      ownApprovalLimitMinor: e.REFUND_APPROVAL_LIMIT,
    },
    reconciliation: { everyMs: e.RECONCILIATION_EVERY_MS, settleMs: e.RECONCILIATION_SETTLE_MS },
    webhooks: {
      allowPrivate: e.WEBHOOK_ALLOW_PRIVATE,
      giveUpAfterMs: e.WEBHOOK_GIVE_UP_MS,
      secretOverlapMs: e.WEBHOOK_SECRET_OVERLAP_MS,
    },
    recommendations: { trainingEveryMs: e.RECOMMENDATION_TRAINING_EVERY_MS },
  }
}

function paymentSettings(e: z.infer<typeof environment>) {
  if (e.PAYMENT_GATEWAY === 'stripe') {
    if (!e.STRIPE_API_KEY || !e.STRIPE_WEBHOOK_SECRET)
      throw new Error('PAYMENT_GATEWAY=stripe needs STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET')
    return {
      kind: 'stripe' as const,
      apiKey: e.STRIPE_API_KEY,
      webhookSecret: e.STRIPE_WEBHOOK_SECRET,
      ...(e.STRIPE_RETURN_URL && { returnUrl: e.STRIPE_RETURN_URL }),
    }
  }
  if (!e.GATEWAY_URL || !e.GATEWAY_WEBHOOK_SECRET)
    throw new Error('The sandbox payment gateway needs GATEWAY_URL and GATEWAY_WEBHOOK_SECRET')
  return { kind: 'sandbox' as const, baseUrl: e.GATEWAY_URL, webhookSecret: e.GATEWAY_WEBHOOK_SECRET }
}
