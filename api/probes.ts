import type { Config } from '../workers/config.ts'
import type { Connections } from '../workers/connections.ts'
import { type TemporalLink, withDeadline } from './commands/temporal.ts'
import type { Probes } from './routes/health.ts'

/** How `/health/ready` asks each server: a real round trip, not a look at a flag. */
export function probesOf({ database, redis, index }: Connections, temporal: TemporalLink, config: Config): Probes {
  return {
    postgres: () => database.query('select 1'),
    temporal: () =>
      withDeadline(temporal.client, 1_000, () =>
        temporal.client.workflowService.describeNamespace({ namespace: config.temporal.namespace }),
      ),
    redis: redis && (() => redis.ping()),
    opensearch: index && (() => index.ping()),
    worker: config.hostWorker
      ? () => (temporal.canStartEagerly ? Promise.resolve() : Promise.reject(new Error('Not running yet')))
      : undefined,
    gateway: config.payment.kind === 'sandbox' ? answers(new URL('/health', config.payment.baseUrl)) : undefined,
  }
}

const answers = (url: URL) => async () => {
  const response = await fetch(url, { signal: AbortSignal.timeout(1_000) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}
