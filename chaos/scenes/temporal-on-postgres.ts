import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../stack/command.ts'
import { startPostgres } from '../../stack/servers/postgres.ts'
import { connected, describeNamespace } from '../../stack/servers/temporal-namespace.ts'
import type { Site } from '../../stack/site.ts'
import { logFileIn } from '../../stack/state-folder.ts'
import {
  type TemporalServerPrograms,
  temporalServerPrograms,
  whyNoTemporalServer,
} from '../programs/temporal-server.ts'
import { temporalDynamicSettings, temporalServerSettings } from '../programs/temporal-settings.ts'
import { openOnOwnServers } from './own-servers.ts'
import type { Scene } from './scene.ts'

const faultRate = 0.02
const namespace = 'default'
const retentionSeconds = 7 * 24 * 3600
const registeredWithinMs = 60_000

/** Temporal as production has it, except that its own database calls fail, at times after they were done. */
export const temporalOnPostgres: Scene = {
  name: 'temporal-on-postgres',
  expectation:
    'Of the calls that Temporal makes to its own database 6 to 8 in 100 fail: all is slower, some starts have an unknown outcome, and no order is lost or doubled.',
  unavailable: whyNoTemporalServer,
  async open(options) {
    const running = await openOnOwnServers(options, async (site) => {
      const postgres = await startPostgres(site)
      const temporal = await startTemporalServer(site, await temporalServerPrograms(site), new URL(postgres.url))
      return {
        environment: { DATABASE_URL: postgres.url, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: namespace },
        holderOf: (role) => site.processes.find(({ roles }) => roles.includes(role)),
      }
    })
    return { running, faults: [], close: () => running.stop() }
  },
}

async function startTemporalServer(site: Site, programs: TemporalServerPrograms, postgres: URL) {
  const folder = join(site.dataDir, 'temporal')
  mkdirSync(join(folder, 'config'), { recursive: true, mode: 0o700 })
  const databases = { main: 'temporal', visibility: 'temporal_visibility' }
  await layOut(site, programs, postgres, databases.main, 'temporal')
  await layOut(site, programs, postgres, databases.visibility, 'visibility')

  const [frontend, ...others] = await Promise.all(Array.from({ length: 8 }, () => site.port(0, 'Temporal')))
  const address = `127.0.0.1:${frontend}`
  const dynamicConfigFile = join(folder, 'dynamic.yaml')
  writeFileSync(dynamicConfigFile, JSON.stringify(temporalDynamicSettings))
  const settings = temporalServerSettings({
    postgres: { host: postgres.host, user: postgres.username, password: postgres.password },
    databases,
    ports: { frontend: frontend as number, others },
    dynamicConfigFile,
    faultRate,
  })
  writeFileSync(join(folder, 'config', 'chaos.yaml'), JSON.stringify(settings, undefined, 2), { mode: 0o600 })
  const supervised = await site.run({
    name: 'temporal',
    roles: ['temporal'],
    command: programs.server,
    args: ['--root', folder, '--env', 'chaos', '--allow-no-auth', 'start'],
    verify: () => listNamespaces(address),
    readyWithinMs: 120_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
    advice: 'Its log tells the reason.',
  })
  await registerNamespace(address)
  return { address, supervised }
}

async function layOut(
  site: Site,
  { sqlTool, schemas }: TemporalServerPrograms,
  postgres: URL,
  database: string,
  schema: string,
): Promise<void> {
  const tool = (...args: string[]) =>
    run(sqlTool, args, {
      env: {
        SQL_PLUGIN: 'postgres12',
        SQL_HOST: postgres.hostname,
        SQL_PORT: postgres.port,
        SQL_USER: postgres.username,
        SQL_PASSWORD: postgres.password,
        SQL_DATABASE: database,
      },
      logFile: logFileIn(site.dataDir, 'temporal-schema'),
    })
  await tool('create-database')
  await tool('setup-schema', '--version', '0.0')
  await tool('update-schema', '--schema-dir', join(schemas, schema, 'versioned'))
}

const listNamespaces = (address: string) =>
  connected(address, ({ workflowService }) => workflowService.listNamespaces({}))

/** Known to every part of the server only after a while. */
async function registerNamespace(address: string): Promise<void> {
  await connected(address, ({ workflowService }) =>
    workflowService.registerNamespace({
      namespace,
      // The generated type wants a Long, the wire takes what converts to one
      workflowExecutionRetentionPeriod: { seconds: retentionSeconds as never },
    }),
  )
  for (const deadline = Date.now() + registeredWithinMs; ; await sleep(250)) {
    try {
      return await describeNamespace(address, namespace)
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}
