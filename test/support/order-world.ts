import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { pino } from 'pino'
import { vi } from 'vitest'
import { activityBoundary } from '../../activities/boundary.ts'
import { createActivities } from '../../activities/index.ts'
import { createPaymentGateway } from '../../gateways/payment/index.ts'
import { startTemporal } from '../../stack/servers/temporal.ts'
import { workflowBundle } from '../../stack/servers/workflow-bundle.ts'
import { openSite } from '../../stack/site.ts'
import { checkInvariants } from '../../store/invariants.ts'
import { searchAttributes } from '../../workers/search-attributes.ts'
import { openSandbox, webhookSecret } from '../sandbox/sandbox-process.ts'
import { openSupplierSandbox, type SupplierSandbox } from '../sandbox/supplier-process.ts'
import { createFaults } from './activity-faults.ts'
import { openTestDatabase } from './test-database.ts'
import { createTestOrders } from './test-orders.ts'
import { createTestRefunds } from './test-refunds.ts'
import { createTestReplenishments } from './test-replenishments.ts'
import { createTestReturns } from './test-returns.ts'

// What a test of this world awaits may be a time-out of the product's own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

export type OrderWorld = Awaited<ReturnType<typeof openOrderWorld>>

type Worldly = {
  engine?: () => Promise<Engine>
  /** Present in a world with suppliers: how long a request to one may take. */
  supplierTimeoutMs?: number
  /** With time-outs of effects so short that a test can wait for many, one after another. */
  isImpatient?: true
}

/** Where the workflows run: a server of this test file's own. */
export type Engine = {
  client: Client
  connection: NativeConnection
  namespace: string
  /** Present where the engine can list its workflows. */
  listing?: { address: string; namespace: string }
  close(): Promise<void>
}

/** Real PostgreSQL, real gateway, real engine, the worker as it is built for production, and faults on demand. */
export async function openOrderWorld({ engine: open = openDevServer, supplierTimeoutMs, isImpatient }: Worldly = {}) {
  installRuntime()
  const [{ database, close: dropDatabase }, sandbox, supplierSandbox, engine, bundle] = await Promise.all([
    openTestDatabase(),
    openSandbox(),
    supplierTimeoutMs === undefined ? undefined : openSupplierSandbox(),
    open(),
    bundlePath(),
  ])
  const faults = createFaults()
  const taskQueue = 'orders-under-test'
  const settings = { kind: 'sandbox', baseUrl: sandbox.url, webhookSecret } as const
  const worker = await Worker.create({
    connection: engine.connection,
    namespace: engine.namespace,
    taskQueue,
    workflowBundle: isImpatient ? { code: impatient(bundle) } : { codePath: bundle },
    activities: createActivities({
      database,
      gateways: {
        quick: createPaymentGateway({ ...settings, timeoutMs: 1_500 }),
        patient: createPaymentGateway({ ...settings, timeoutMs: 8_000 }),
      },
      suppliers: supplierSandbox?.gateway(supplierTimeoutMs as number),
      outside: { gatewayUrl: sandbox.url },
      logger: pino({ level: 'silent' }),
    }),
    interceptors: { activity: [activityBoundary, faults.interceptor] },
    // Many orders wait for a time-out at once; none may wait for another's.
    maxConcurrentWorkflowTaskExecutions: 300,
    maxConcurrentLocalActivityExecutions: 300,
    maxConcurrentActivityTaskExecutions: 300,
    shutdownGraceTime: 0,
    shutdownForceTime: '10s',
  })
  const running = worker.run()
  const orders = createTestOrders({ database, sandbox, client: engine.client, taskQueue, faults })

  async function violations(except: string[] = []) {
    const results = await checkInvariants({ database, gatewayUrl: sandbox.url, temporal: engine.listing })
    const found = results.flatMap(({ name, violations: each }) => each.map((violation) => ({ name, ...violation })))
    return found.filter(({ subject }) => !except.includes(subject))
  }

  return {
    database,
    sandbox,
    /** In a world with suppliers. */
    get suppliers(): SupplierSandbox {
      if (!supplierSandbox) throw new Error('This world has no suppliers')
      return supplierSandbox
    },
    faults,
    taskQueue,
    client: engine.client,
    engine,
    ...orders,
    ...createTestRefunds({ database, client: engine.client, taskQueue }),
    ...createTestReturns({ database, client: engine.client, taskQueue }),
    ...createTestReplenishments({ database, client: engine.client, taskQueue, faults }),
    /** What is broken once everything has caught up; `except` names orders that a person was asked to settle. */
    async brokenInvariants(except: string[] = []) {
      await vi
        .waitFor(
          async () => {
            if ((await violations(except)).length > 0) throw new Error('not yet')
          },
          { timeout: 20_000, interval: 500 },
        )
        .catch(() => {})
      return violations(except)
    },
    async close() {
      worker.shutdown()
      await running.catch(() => {})
      await engine.close()
      await Promise.all([sandbox.close(), supplierSandbox?.close()])
      await dropDatabase()
    },
  }
}

/** A Temporal server as npm start runs it. */
export async function openDevServer(): Promise<Engine> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-engine-'))
  const site = await openSite({ dataDir, environment: { ...process.env, TEMPORAL_ADDRESS: undefined } })
  const { address, namespace } = await startTemporal(site, { searchAttributes })
  const connection = await NativeConnection.connect({ address })
  const clientConnection = await Connection.connect({ address })
  return {
    client: new Client({ connection: clientConnection, namespace }),
    connection,
    namespace,
    listing: { address, namespace },
    async close() {
      await clientConnection.close()
      await connection.close()
      await site.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** The bundle that npm start would build, made once for this state of the sources. */
export async function bundlePath(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'))
  const site = await openSite({ dataDir })
  try {
    return await workflowBundle(site)
  } finally {
    await site.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const shorter = {
  "startToCloseTimeout: '5s'": "startToCloseTimeout: '2s'",
  "scheduleToCloseTimeout: '6s'": "scheduleToCloseTimeout: '2500ms'",
  "startToCloseTimeout: '20s'": "startToCloseTimeout: '4s'",
  "heartbeatTimeout: '10s'": "heartbeatTimeout: '3s'",
}

/** The code of the bundle with other numbers in its policies: real time passes while an attempt is under way. */
function impatient(bundle: string): string {
  return Object.entries(shorter).reduce(
    (code, [long, short]) => {
      if (!code.includes(long)) throw new Error(`No policy says ${long} any more`)
      return code.replaceAll(long, short)
    },
    readFileSync(bundle, 'utf8'),
  )
}

let isInstalled = false

/** Faults are what these tests are about: the engine need not tell of each. */
export function installRuntime(): void {
  if (isInstalled) return
  isInstalled = true
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
    shutdownSignals: [],
  })
}
