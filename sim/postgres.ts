import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
// Its way of reading whole numbers is the shop's.
import '../store/database.ts'
import type { Database } from '../store/database.ts'
import { never, type Scheduler } from './scheduler.ts'

/** The socket of a `pg` client whose other end is PostgreSQL in this process: an answer is there when a write returns. */
class InProcessSocket extends EventEmitter {
  readonly writable = true
  readonly #lite: PGlite
  readonly #waiting: Uint8Array[] = []
  #isCorked = false

  constructor(lite: PGlite) {
    super()
    this.#lite = lite
  }

  connect(): void {
    queueMicrotask(() => this.emit('connect'))
  }

  cork(): void {
    this.#isCorked = true
  }

  uncork(): void {
    this.#isCorked = false
    this.#send()
  }

  write(bytes: Uint8Array): boolean {
    this.#waiting.push(bytes)
    if (!this.#isCorked) this.#send()
    return true
  }

  end(): void {
    this.emit('close')
  }

  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}

  #send(): void {
    if (this.#waiting.length === 0) return
    const answer = this.#lite.execProtocolRawSync(Buffer.concat(this.#waiting.splice(0)))
    this.emit('data', Buffer.from(answer))
  }
}

export type Postgres = Awaited<ReturnType<typeof openPostgres>>

const migrations = fileURLToPath(new URL('../store/migrations', import.meta.url))
const listTables = `select string_agg(format('%I', tablename), ', ') as names from pg_tables
                     where schemaname = 'public' and tablename <> 'schema_migrations'`

/** PostgreSQL in this process, with the shop's own migrations. One connection: statements follow each other. */
export async function openPostgres() {
  const lite = await PGlite.create({ dataDir: 'memory://' })
  const client = new pg.Client({
    user: 'postgres',
    database: 'postgres',
    stream: new InProcessSocket(lite) as unknown as () => never,
  })
  await client.connect()
  await runner({
    dbClient: client,
    dir: migrations,
    direction: 'up',
    migrationsTable: 'schema_migrations',
    noLock: true,
    log: () => {},
  })
  // It ends with this process: nothing has to be on a disk.
  await client.query('set synchronous_commit = off')
  // Planning a statement again for its values takes longer here than running it.
  await client.query('set plan_cache_mode = force_generic_plan')
  await client.query('listen outcomes')
  const { rows } = await client.query<{ names: string }>(listTables)
  return {
    client,
    empty: () => client.query(`truncate ${rows[0]?.names} restart identity; alter sequence order_number restart`),
  }
}

/** The same database, without the way to it: for what is no part of the world. */
export function directly({ client }: Postgres): Database {
  const query = client.query.bind(client)
  return { query, connect: () => Promise.resolve({ query, release() {} }) } as unknown as Database
}

export type DatabaseFaults = { failsBefore: number; failsAfter: number; slow: number }

class ConnectionLost extends Error {
  readonly code = 'ECONNRESET'
}

/**
 * The shop's pool, as far as it uses it. Each statement waits for its turn on the way to the server and on the way back,
 * and may be lost on either.
 */
export function simulatedPool({ client }: Postgres, scheduler: Scheduler, faults: DatabaseFaults): Database {
  async function query(statement: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const config = typeof statement === 'string' ? { text: statement, values: values ?? [] } : statement
    const name = config.name ?? firstWords(config.text)
    if (scheduler.isDead) return never()
    if (scheduler.chance(faults.failsBefore)) {
      scheduler.count('statement lost before it ran')
      await scheduler.pause(`sql ${name} lost`)
      throw new ConnectionLost('the connection was lost')
    }
    const delayMs = scheduler.chance(faults.slow) ? scheduler.between(500, 2_400) : scheduler.latencyMs()
    // What was sent runs, whatever becomes of the process that sent it.
    const result = await new Promise<pg.QueryResult | Error>((resolve) => {
      scheduler.after(delayMs, `sql ${name}`, () => client.query(config).then(resolve, resolve))
    })
    await scheduler.pause(`sql ${name} answered`)
    if (result instanceof Error) throw result
    if (scheduler.chance(faults.failsAfter)) {
      scheduler.count('statement ran, answer lost')
      throw new ConnectionLost('the connection was lost')
    }
    return result
  }
  /** A transaction takes one turn: nothing comes between its statements. It may be lost before it began, or its end unheard. */
  async function connect() {
    if (scheduler.isDead) return never()
    await scheduler.pause('sql transaction')
    if (scheduler.chance(faults.failsBefore)) {
      scheduler.count('transaction lost before it ran')
      throw new ConnectionLost('the connection was lost')
    }
    return {
      async query(statement: string, values?: unknown[]): Promise<pg.QueryResult> {
        const result = await scheduler.apart(() => client.query(statement, values))
        if (statement === 'commit' && scheduler.chance(faults.failsAfter)) {
          scheduler.count('transaction ran, answer lost')
          throw new ConnectionLost('the connection was lost')
        }
        return result
      },
      release() {},
    }
  }
  return { query, connect } as unknown as Database
}

const firstWords = (text: string): string => text.trim().split(/\s+/, 6).join(' ')
