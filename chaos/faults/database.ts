import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { identityOf, send } from '../../stack/process-table.ts'
import type { Fault, Injected, World } from '../fault.ts'
import { clusterOf } from '../programs/postgres-processes.ts'
import { between, pick } from '../random.ts'

/** How the sessions of the shop call themselves; ours do not. */
const ofTheShop = `application_name like 'holdfast%'`
const OUR_NAME = 'chaos'

const tables = ['orders', 'stock', 'payments', 'idempotency_keys', 'products']

const fault = (
  name: string,
  expectation: string,
  inject: (world: World, random: RandomGenerator) => Promise<Injected>,
  unavailable?: Fault['unavailable'],
): Fault => ({ name, kind: 'storage', expectation, inject, ...(unavailable && { unavailable }) })

export const databaseFaults: Fault[] = [
  fault(
    'drop-sessions',
    'PostgreSQL ends every session of the shop, in the middle of whatever it does: what is unknown is looked up, not done again.',
    async (world, random) => {
      const times = between(random, 1, 4)
      let ended = 0
      await withSession(world, async (session) => {
        for (let time = 0; time < times; time++) {
          if (time > 0) await sleep(between(random, 50, 400))
          ended += await endSessions(session)
        }
      })
      return { what: `pg_terminate_backend of ${ended} sessions, in ${times} rounds`, holdMs: 0, heal: async () => {} }
    },
  ),
  fault(
    'hang-announcements',
    'The session that announces outcomes hangs without an end: checkouts look for themselves until it is opened anew.',
    async (world, random) => hangSessions(await announcingSessions(world), between(random, 8_000, 16_000)),
    async (world) => (clusterOf(world) ? undefined : 'this run has no PostgreSQL of its own'),
  ),
  fault(
    'lock-table',
    'A table is locked for some seconds: what needs it waits, is given up in time, and nothing piles up.',
    async (world, random) => {
      const table = pick(random, tables)
      const holdMs = between(random, 1_000, 3_000)
      const session = await openSession(world)
      await session.query(`begin; lock table ${table} in access exclusive mode`)
      return { what: `LOCK TABLE ${table} for ${holdMs} ms`, holdMs, heal: () => session.end() }
    },
  ),
  fault(
    'exhaust-connections',
    'Others take all but a few of the connections: requests are 503 in time, and repeats go on afterwards.',
    async (world, random) => {
      const left = between(random, 0, 3)
      const sessions = await occupyConnections(world, left)
      return {
        what: `${sessions.length} connections taken by others, ${left} left`,
        holdMs: between(random, 2_000, 6_000),
        heal: async () => void (await Promise.all(sessions.map((session) => session.end()))),
      }
    },
  ),
  fault(
    'migrate-under-load',
    'A column and an index come and go under load: each waits two seconds at most for its lock, and nobody fails for it.',
    async (world, random) => migrate(world, pick(random, ['orders', 'stock', 'payments'])),
  ),
  fault(
    'long-reader',
    'A reader keeps an old snapshot open and vacuum from cleaning: nothing but a little speed is lost.',
    async (world, random) => {
      const session = await openSession(world)
      await session.query('begin isolation level repeatable read; select count(*) from orders')
      return { what: 'idle in a transaction', holdMs: between(random, 5_000, 15_000), heal: () => session.end() }
    },
  ),
  fault(
    'checkpoint-storm',
    'One checkpoint after the other writes everything out: commits are slower, none is lost.',
    async (world, random) => {
      const holdMs = between(random, 3_000, 6_000)
      const storm = withSession(world, async (session) => {
        for (const end = Date.now() + holdMs; Date.now() < end; ) await session.query('checkpoint')
      })
      storm.catch(() => undefined)
      return { what: `CHECKPOINT without a pause for ${holdMs} ms`, holdMs, heal: () => storm }
    },
  ),
]

async function endSessions(session: pg.Client): Promise<number> {
  const { rowCount } = await session.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${ofTheShop}`)
  return rowCount ?? 0
}

async function announcingSessions(world: World): Promise<number[]> {
  const { rows } = await withSession(world, (session) =>
    session.query<{ pid: number }>(`select pid from pg_stat_activity where application_name = 'holdfast outcomes'`),
  )
  return rows.map(({ pid }) => pid)
}

/** Their connections stay open and nothing is ever answered on them: what a lost peer looks like from the other end. */
function hangSessions(pids: number[], holdMs: number): Injected {
  const hung = pids.map((pid) => ({ pid, identity: identityOf(pid) }))
  for (const { pid } of hung) send(pid, 'SIGSTOP')
  return {
    what: `SIGSTOP of ${hung.length} sessions that announce (${pids.join(', ')})`,
    holdMs,
    async heal() {
      for (const { pid, identity } of hung) if (identityOf(pid) === identity) send(pid, 'SIGCONT')
    },
  }
}

const AT_ONCE = 20

/** The shop's own sessions are ended on the way, so that it has to look for new ones like everybody else. */
async function occupyConnections(world: World, left: number): Promise<pg.Client[]> {
  const sessions = [await openSession(world)]
  const free = async () => {
    const counted = await (sessions[0] as pg.Client)
      .query<{ free: number }>(
        `select current_setting('max_connections')::int - count(*)::int as free from pg_stat_activity where backend_type = 'client backend'`,
      )
      .catch(() => undefined) // another fault ended our sessions with everybody's: nothing is left to occupy
    return (counted?.rows[0]?.free ?? 0) - left
  }
  let areShopsEnded = false
  for (let wanted = await free(); wanted > 0; wanted = await free()) {
    const tried = await Promise.allSettled(Array.from({ length: Math.min(wanted, AT_ONCE) }, () => connect(world)))
    const opened = tried.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    sessions.push(...opened)
    if (opened.length === 0) break // the last ones were taken by others meanwhile
    if (wanted > AT_ONCE || areShopsEnded) continue
    areShopsEnded = true
    await endSessions(sessions[0] as pg.Client).catch(() => 0)
  }
  return sessions
}

/** Another fault may have frozen a process that holds a lock. */
const LOCKED_WITHIN_MS = 50_000

/** The harmless half of a migration: what it makes is gone again in the end. */
async function migrate(world: World, table: string): Promise<Injected> {
  let session = await openSession(world)
  const patiently = async (statement: string) => {
    for (const deadline = Date.now() + LOCKED_WITHIN_MS; ; await sleep(200)) {
      try {
        await session.query(`set lock_timeout = '2s'`)
        return void (await session.query(statement))
      } catch (error) {
        if (Date.now() > deadline) throw error
        if ((error as { code?: string }).code === lockNotAvailable) continue
        // Another fault may have ended the session. Each statement may be given twice.
        await session.end().catch(() => undefined)
        session = await openSession(world)
      }
    }
  }
  await patiently(`alter table ${table} add column if not exists chaos_note text not null default ''`)
  await patiently(`create index if not exists ${table}_chaos_note on ${table} (chaos_note)`)
  return {
    what: `a column and an index for ${table}`,
    holdMs: 1_000,
    async heal() {
      try {
        await patiently(`alter table ${table} drop column if exists chaos_note`)
      } finally {
        await session.end()
      }
    },
  }
}

const lockNotAvailable = '55P03'

async function withSession<T>(world: World, work: (session: pg.Client) => Promise<T>): Promise<T> {
  const session = await openSession(world)
  try {
    return await work(session)
  } finally {
    await session.end()
  }
}

const reachableWithinMs = 60_000

/** PostgreSQL may be down by another fault; then it is waited for. */
async function openSession(world: World): Promise<pg.Client> {
  for (const deadline = Date.now() + reachableWithinMs; ; await sleep(200)) {
    try {
      return await connect(world)
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

async function connect({ running }: World): Promise<pg.Client> {
  const session = new pg.Client({
    connectionString: running.stack.postgres,
    application_name: OUR_NAME,
    connectionTimeoutMillis: 5_000,
  })
  session.on('error', () => undefined) // another fault may end it; who uses it hears of it then
  await session.connect()
  return session
}
