import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { ActivityDeps } from '../activities/index.ts'
import { createPaymentGateway } from '../gateways/payment/index.ts'
import { createSandboxSuppliers } from '../gateways/supplier/index.ts'
import { createWebhookSender, type WebhookSender } from '../gateways/webhooks/sender.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { openSearchIndex } from '../store/search-index.ts'
import { readSynonyms } from '../store/search/synonyms.ts'
import type { Config } from './config.ts'

/** How long the gateway may take for one call while a customer waits, and when nobody does any more. An undo makes four. */
const QUICK_MS = 1_500
const PATIENT_MS = 4_000

export type Connections = ActivityDeps & { database: Database; webhooks: WebhookSender; close(): Promise<void> }

/** Opens everything a process of ours talks to, except Temporal. Nothing here waits for a server to be there. */
export function openConnections(config: Config, logger: Logger): Connections {
  const onError = (system: string) => (error: Error) =>
    logger.warn({ err: error, system }, `${system} is not answering`)
  const database = openDatabase({ ...config.database, onError: onError('postgres') })
  const redis = config.redisUrl ? openRedis(config.redisUrl, onError('redis')) : undefined
  return {
    database,
    redis,
    index: config.openSearchUrl
      ? openSearchIndex(config.openSearchUrl, { synonyms: readSynonyms(config.synonymsFile) })
      : undefined,
    gateways: {
      quick: createPaymentGateway({ ...config.payment, timeoutMs: QUICK_MS }),
      patient: createPaymentGateway({ ...config.payment, timeoutMs: PATIENT_MS }),
    },
    suppliers: config.supplierUrl
      ? createSandboxSuppliers({ baseUrl: config.supplierUrl, timeoutMs: PATIENT_MS })
      : undefined,
    outside: {
      gatewayUrl: config.payment.kind === 'sandbox' ? config.payment.baseUrl : undefined,
      temporal: config.temporal,
    },
    webhooks: createWebhookSender(config.webhooks),
    logger,
    async close() {
      redis?.disconnect()
      await database.end()
    },
  }
}

/** An accelerator: a command that is not answered at once fails, and its caller does without. */
function openRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectTimeout: 1_000,
    commandTimeout: 500,
    socketTimeout: 2_000, // a connection whose other end is gone without a word is replaced
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => Math.min(attempt * 200, 2_000),
  })
  redis.on('error', onError)
  return redis
}
