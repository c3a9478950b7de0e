import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withoutGivenServers } from '../stack/given-servers.ts'
import { openStack, type OpenStack } from '../stack/open-stack.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { type HelperProcess, startHelper } from './helper-process.ts'
import type { CheckoutTask, Round } from './load/checkouts.ts'
import type { RequestRound, RequestTask } from './load/requests.ts'
import type { NoopTask } from './noop/process.ts'
import { type Probe, probeAt } from './probe.ts'
import { stockShop } from './stocked-shop.ts'

/** How long and how often things are measured. */
export type Plan = {
  rounds: number
  roundMs: number
  warmUpMs: number
  searchedProducts: number
  storedSizes: readonly number[]
  openOrders: number
}

export type Stage = {
  running: OpenStack
  /** Whoever knows it signs anybody in. */
  jwtSecret: string
  database: Database
  plan: Plan
  say: (line: string) => void
  noops: HelperProcess<NoopTask, Round>
  shoppers: HelperProcess<CheckoutTask, Round>
  requests: HelperProcess<RequestTask, RequestRound>
  probe: Probe
  /** Answers once nothing that was asked for is still being worked on. */
  quiet: () => Promise<void>
  close(): Promise<void>
}

type StageOptions = {
  plan: Plan
  say: (line: string) => void
  onStatus: (status: string) => void
  withSearch: boolean
  signal: AbortSignal
}

/** The whole product on servers of its own, stocked, with the processes that measure it. */
export async function openStage({ plan, say, onStatus, withSearch, signal }: StageOptions): Promise<Stage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const jwtSecret = randomBytes(32).toString('base64url')
  const socket = join(dataDir, 'probe.sock')
  const running = await openStack({
    dataDir,
    port: 0,
    onLine: say,
    onStatus,
    signal,
    environment: withoutGivenServers(process.env),
    without: withSearch ? [] : ['opensearch'],
    preload: [fileURLToPath(new URL('preload/probe.ts', import.meta.url))],
    env: { JWT_SECRET: jwtSecret, BENCH_PROBE: socket },
  })
  const { stack } = running
  const database = openDatabase({ url: stack.postgres, poolSize: 4, statementTimeoutMs: 900_000 })
  await stockShop(database)
  const { address, namespace } = stack.temporal
  const [noops, shoppers, requests] = await Promise.all([
    startHelper<NoopTask, Round>('noop/process.ts', { address, namespace }),
    startHelper<CheckoutTask, Round>('load/checkouts.ts', { api: stack.api, jwtSecret }),
    startHelper<RequestTask, RequestRound>('load/requests.ts', { api: stack.api, jwtSecret }),
  ])
  return {
    running,
    jwtSecret,
    database,
    plan,
    say,
    noops,
    shoppers,
    requests,
    probe: probeAt(socket),
    quiet: () => untilAllIsTold(database),
    async close() {
      await Promise.all([noops.end(), shoppers.end(), requests.end()])
      await database.end()
      await running.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** What a local attempt did not tell, the sweep tells within a minute. */
const TOLD_WITHIN_MS = 180_000

/** Telling its events is the last an order does before it waits to be shipped. */
async function untilAllIsTold(database: Database): Promise<void> {
  for (const deadline = Date.now() + TOLD_WITHIN_MS; ; ) {
    const { rows } = await database.query<{ busy: boolean }>(
      `select exists (select from (select id from orders order by id desc limit 2000) o
                       where not exists (select from events e where e.id = o.id || ':payment.success' and e.streamed_at is not null))
           or exists (select from events where streamed_at is null) as busy`,
    )
    if (!rows[0]?.busy) return
    if (Date.now() > deadline) throw new Error(`Some events are not told after ${TOLD_WITHIN_MS / 1_000} s`)
    await sleep(50)
  }
}
