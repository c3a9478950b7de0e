import { setTimeout as sleep } from 'node:timers/promises'
import { ensureAdmin, loadDemoCatalogue } from '../cli/provision.ts'
import { migrate } from '../store/migrate.ts'
import { searchAttributes } from '../workers/search-attributes.ts'
import { freePort, holderOf, isFree } from './ports.ts'
import { startGateway } from './servers/gateway.ts'
import { planOpenSearch } from './servers/opensearch.ts'
import { startPostgres } from './servers/postgres.ts'
import { startRedis } from './servers/redis.ts'
import { portIsTaken, startShop } from './servers/shop.ts'
import { startSupplier } from './servers/supplier.ts'
import { startTemporal } from './servers/temporal.ts'
import { workflowBundle } from './servers/workflow-bundle.ts'
import { openSite, type Site, type SiteOptions } from './site.ts'
import { type Role, removeStackFile, type StackFile, writeStackFile } from './stack-file.ts'
import type { Supervised } from './supervisor.ts'

export type { StackFile } from './stack-file.ts'

export type OpenStackOptions = SiteOptions & {
  /** The API's port; 0 for some free one. */
  port?: number
  /** The demo catalogue on an empty database. */
  demo?: boolean
  apiProcesses?: number | undefined
  workers?: number | undefined
  /** For the API and the workers, beside the addresses and secrets they are given anyway. */
  env?: Record<string, string>
  /** How the shop's processes reach a server, when not at its own address: by way of a proxy, say. */
  reach?: (server: Reached, url: string) => Promise<string>
  /** Modules that each API and worker process loads before its own code. */
  preload?: string[]
  /** Leave these out: accelerators, and whoever would be asked for units that are ordered by hand without. */
  without?: Array<'redis' | 'opensearch' | 'supplier'>
  /** Breaks off a start that is under way. */
  signal?: AbortSignal
}

/** `api` is what the gateway's notices are sent to. */
export type Reached = 'postgres' | 'redis' | 'opensearch' | 'temporal' | 'gateway' | 'supplier' | 'api'

export type OpenStack = {
  /** As the file has it now; processes that were started again have new pids. */
  readonly stack: StackFile
  dataDir: string
  /** Ends one process of the role without mercy and answers with its pid; it is started again. */
  kill(role: Role, signal?: NodeJS.Signals): Promise<number>
  /** Answers with the pid of the role's process once it serves. */
  whenUp(role: Role, withinMs?: number): Promise<number>
  /** Ends all processes of the role and leaves them down until `resume`. */
  halt(role: Role, signal?: NodeJS.Signals): Promise<void>
  resume(role: Role): Promise<void>
  stop(): Promise<void>
}

const adminEmail = 'admin@holdfast.test'
const waitForOpenSearchMs = 60_000

/** The whole product, ready to serve: what npm start runs, and what tests run. */
export async function openStack(options: OpenStackOptions): Promise<OpenStack> {
  const site = await openSite(options)
  const breakOff = () => void site.close()
  options.signal?.addEventListener('abort', breakOff)
  try {
    options.signal?.throwIfAborted()
    return await startAll(site, options)
  } catch (failure) {
    await site.close()
    throw failure
  } finally {
    options.signal?.removeEventListener('abort', breakOff)
  }
}

async function startAll(site: Site, options: OpenStackOptions): Promise<OpenStack> {
  const port = await apiPort(options.port ?? 0)
  const api = `http://127.0.0.1:${port}`
  const admin = { email: adminEmail, password: site.secrets.adminPassword }
  const reach = async (server: Reached, url: string) => (await options.reach?.(server, url)) ?? url
  const leftOut = (name: 'redis' | 'opensearch' | 'supplier') => options.without?.includes(name)

  const [postgres, temporal, redis, openSearch, gateway, supplier, bundle] = await Promise.all([
    startPostgres(site).then(async (started) => {
      await prepareDatabase(site, started.url, admin, options.demo ?? false)
      return started
    }),
    startTemporal(site, { searchAttributes }),
    leftOut('redis') ? undefined : startRedis(site),
    leftOut('opensearch') ? undefined : planOpenSearch(site),
    reach('api', api).then((url) => startGateway(site, { webhookUrl: `${url}/v1/webhooks/payments` })),
    leftOut('supplier') ? undefined : startSupplier(site),
    workflowBundle(site),
  ])
  const searching = openSearch?.start()
  await startShop(site, {
    port,
    preload: options.preload,
    apiProcesses: options.apiProcesses,
    workers: options.workers,
    env: {
      DATABASE_URL: await reach('postgres', postgres.url),
      REDIS_URL: redis && (await reach('redis', redis.url)),
      OPENSEARCH_URL: openSearch && (await reach('opensearch', openSearch.url)),
      TEMPORAL_ADDRESS: await reach('temporal', temporal.address),
      TEMPORAL_NAMESPACE: temporal.namespace,
      GATEWAY_URL: await reach('gateway', gateway.url),
      GATEWAY_WEBHOOK_SECRET: site.environment.GATEWAY_WEBHOOK_SECRET ?? site.secrets.webhookSecret,
      SUPPLIER_URL: supplier && (await reach('supplier', supplier)),
      JWT_SECRET: site.environment.JWT_SECRET ?? site.secrets.jwtSecret,
      WORKFLOW_BUNDLE: bundle,
      ...options.env,
    },
  })
  await Promise.race([searching, sleep(waitForOpenSearchMs, undefined, { ref: false })])

  const { process: _, ...temporalPlace } = temporal
  const describe = (): StackFile => ({
    api,
    temporal: temporalPlace,
    postgres: postgres.url,
    ...(redis && { redis: redis.url }),
    ...(openSearch &&
      (isServing(site, 'opensearch') || site.environment.OPENSEARCH_URL) && { opensearch: openSearch.url }),
    gateway: gateway.url,
    ...(supplier && { supplier }),
    admin,
    processes: processesOf(site),
  })
  let isStopped = false
  const write = () => isStopped || writeStackFile(site.dataDir, describe())
  site.onChange(write)
  write()
  return controls(site, describe, () => {
    isStopped = true
    removeStackFile(site.dataDir)
  })
}

async function prepareDatabase(site: Site, url: string, admin: StackFile['admin'], withCatalogue: boolean) {
  await site.report.step('Database', async (say) => {
    say('bringing the schema up to date')
    await migrate(url)
    await ensureAdmin({ databaseUrl: url, ...admin })
    if (!withCatalogue) return '✓ Database schema is up to date'
    say('loading the demo catalogue')
    const { products } = await loadDemoCatalogue({
      databaseUrl: url,
      onProgress: ({ done, total }) => say(`loading the demo catalogue, ${done} of ${total}`),
    })
    return `✓ Database schema is up to date${products > 0 ? `, ${products} demo products loaded` : ''}`
  })
}

async function apiPort(wanted: number): Promise<number> {
  if (wanted === 0) return freePort()
  if (await isFree(wanted)) return wanted
  throw portIsTaken(wanted, holderOf(wanted))
}

function controls(site: Site, describe: () => StackFile, forget: () => void): OpenStack {
  const ofRole = (role: Role): Supervised[] => {
    const found = site.processes.filter((supervised) => supervised.roles.includes(role))
    if (found.length === 0) throw new Error(`this stack runs no ${role} of its own`)
    return found
  }
  return {
    get stack() {
      return describe()
    },
    dataDir: site.dataDir,
    kill: (role, signal) => (ofRole(role)[0] as Supervised).kill(signal),
    whenUp: (role, withinMs) => (ofRole(role)[0] as Supervised).whenUp(withinMs),
    halt: async (role, signal) => void (await Promise.all(ofRole(role).map((each) => each.halt(signal)))),
    resume: async (role) => void (await Promise.all(ofRole(role).map((each) => each.resume()))),
    async stop() {
      forget()
      await site.close()
    },
  }
}

const processesOf = (site: Site) =>
  site.processes.flatMap((supervised) => {
    const pid = supervised.pid()
    return pid === undefined ? [] : supervised.roles.map((role) => ({ role, pid }))
  })

const isServing = (site: Site, role: Role) => site.processes.some((each) => each.roles.includes(role))
