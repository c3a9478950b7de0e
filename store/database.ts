import pg from 'pg'

// Whole numbers of the database are whole numbers here. One that does not fit exactly is a fault, never a rounded value.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large to be exact`)
  return value
})

/** Where a statement may run: the pool, or the one connection of a transaction. */
export type Db = pg.Pool | pg.PoolClient

export type Database = pg.Pool

export type DatabaseOptions = {
  url: string
  poolSize: number
  statementTimeoutMs?: number
  onError?: (error: Error) => void
}

/**
 * Opens the pool. A statement that hangs is given up well before the activity around it is, so that a late one cannot
 * still be running when its repeat starts.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeoutMs = 2_500 } = options
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: 2_000,
    // The server keeps the time above; this one is for a server that has gone silent.
    query_timeout: statementTimeoutMs + 2_000,
    idle_in_transaction_session_timeout: 5_000,
    application_name: 'holdfast',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Every statement is prepared once for a connection. Left to itself PostgreSQL would plan the long ones anew at
    // each execution, which takes longer than running them.
    options: '-c plan_cache_mode=force_generic_plan -c jit=off',
  })
  // A broken idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => options.onError?.(error))
  pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)))
  return pool
}

/** Runs `body` in one transaction. Never hold one across a call to another system. */
export async function inTransaction<T>(pool: Database, body: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await body(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError
    })
    throw error
  } finally {
    client.release(broken)
  }
}
