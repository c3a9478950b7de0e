import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { run } from '../../stack/command.ts'
import { type ServerUser, serverFolder, serverUser } from '../../stack/run-as.ts'
import { clearAway } from '../../stack/servers/postgres.ts'
import { makeCluster, postgresPrograms } from '../../stack/servers/postgres-cluster.ts'
import type { Site } from '../../stack/site.ts'
import type { Supervised } from '../../stack/supervisor.ts'

export type ReplicatedPostgres = {
  /** The one that takes writes. */
  primary(): Node
  /** Ends the primary for good, makes the standby the primary, and answers with it and how long that took. */
  failOver(): Promise<{ from: Node; to: Node; promotedMs: number }>
  /** Gives the primary a new standby in place of the old primary. Commits wait for it from then on. */
  standBy(): Promise<void>
}

export type Node = { name: string; folder: string; port: number; url: string; process: Supervised }

const attachedWithinMs = 60_000
const promotedWithinMs = 30_000

/** Durable like the shop's own server; `wal_keep_size` lets a standby that was just copied catch up. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  shared_buffers: '128MB',
  timezone: 'UTC',
  wal_level: 'replica',
  max_wal_senders: 5,
  hot_standby: 'on',
  wal_keep_size: '512MB',
  log_line_prefix: '%m [%p] ',
}

/** A primary and a standby that has every commit before its client hears of it. */
export async function startReplicatedPostgres(site: Site, databaseName: string): Promise<ReplicatedPostgres> {
  const user = serverUser()
  const programs = postgresPrograms(user)
  const folderOf = (name: string) => join(serverFolder(site.dataDir, 'postgres', user), name)
  await makeCluster(programs, folderOf('first'), { user, password: site.secrets.postgresPassword, site })
  appendFileSync(join(folderOf('first'), 'pg_hba.conf'), 'host replication all 127.0.0.1/32 scram-sha-256\n')
  let primary = await start('first')
  await ask(primary, `create database ${databaseName}`, 'postgres')
  const lost: string[] = []
  let generation = 1
  let standby = await follow(`standby-${generation}`)

  return {
    primary: () => primary,
    async failOver() {
      const [from, startedAt] = [primary, performance.now()]
      await from.process.halt('SIGKILL')
      await promote(standby)
      lost.push(from.folder)
      primary = standby
      return { from, to: primary, promotedMs: Math.round(performance.now() - startedAt) }
    },
    async standBy() {
      standby = await follow(`standby-${++generation}`)
      for (const folder of lost.splice(0)) rmSync(folder, { recursive: true, force: true })
    },
  }

  async function start(name: string): Promise<Node> {
    const port = await site.port(0, 'PostgreSQL')
    const folder = folderOf(name)
    const url = `postgres://holdfast:${site.secrets.postgresPassword}@127.0.0.1:${port}/${databaseName}`
    const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
    const node = { name, folder, port, url }
    const process = await site.run({
      name: `postgres-${name}`,
      roles: ['postgres'],
      command: programs.postgres,
      args: ['-D', folder, '-p', String(port), ...flags],
      cwd: folder,
      user,
      env: { LC_MESSAGES: 'C', LC_ALL: 'C' },
      beforeStart: () => clearAway(folder),
      verify: () => ask(node, 'select 1', 'postgres'),
      readyWithinMs: 60_000,
      stopSignal: 'SIGINT',
      stopWithinMs: 20_000,
      advice: 'Its log tells the reason.',
    })
    return { ...node, process }
  }

  async function follow(name: string): Promise<Node> {
    await ask(primary, `alter system set synchronous_standby_names = ''`, 'postgres')
    await ask(primary, 'select pg_reload_conf()', 'postgres')
    await copy(primary, folderOf(name), user)
    const standby = await start(name)
    await streaming(primary, 'async')
    await ask(primary, `alter system set synchronous_standby_names = '*'`, 'postgres')
    await ask(primary, 'select pg_reload_conf()', 'postgres')
    await streaming(primary, 'sync')
    return standby
  }
}

/** A copy of the running server's files, made whole by the log that was written meanwhile; it then follows that server. */
async function copy(from: Node, to: string, user: ServerUser | undefined): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(from, 'postgres') })
  await client.connect()
  try {
    await client.query(`select pg_backup_start('standby', true)`)
    await run('cp', ['--archive', '--no-target-directory', from.folder, to])
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    writeFileSync(join(to, 'backup_label'), rows[0]?.labelfile ?? '')
  } finally {
    await client.end()
  }
  rmSync(join(to, 'postmaster.pid'), { force: true })
  rmSync(join(to, 'postgresql.auto.conf'), { force: true })
  const source = new URL(from.url)
  const conninfo = `host=127.0.0.1 port=${from.port} user=holdfast password=${source.password} application_name=standby`
  writeFileSync(join(to, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`)
  writeFileSync(join(to, 'standby.signal'), '')
  if (user) await run('chown', ['--recursive', `${user.uid}:${user.gid}`, to])
}

/** Waits until the standby has caught up and counts as told. */
async function streaming(primary: Node, state: 'async' | 'sync'): Promise<void> {
  const look = `select 1 from pg_stat_replication where state = 'streaming' and sync_state = '${state}'`
  for (const deadline = Date.now() + attachedWithinMs; (await ask(primary, look, 'postgres')) === 0; await sleep(50))
    if (Date.now() > deadline)
      throw new Error(`the standby does not follow (${state}) after ${attachedWithinMs / 1000} s`)
}

/** The standby's own settings name no standby to wait for, so it takes writes alone. */
async function promote(standby: Node): Promise<void> {
  const isPromoted = await ask(standby, `select 1 where pg_promote(true, ${promotedWithinMs / 1000})`, 'postgres')
  if (isPromoted === 0) throw new Error('the standby was not promoted')
}

async function ask(node: Pick<Node, 'url'>, sql: string, database: string): Promise<number> {
  const client = new pg.Client({ connectionString: urlOf(node, database), connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(sql)).rowCount ?? 0
  } finally {
    await client.end().catch(() => undefined)
  }
}

const urlOf = ({ url }: Pick<Node, 'url'>, database: string) =>
  Object.assign(new URL(url), { pathname: `/${database}` }).href
