import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'

const dir = fileURLToPath(new URL('migrations', import.meta.url))

/** Brings a database to the present schema and opens order partitions for the year ahead. Safe to run many at once. */
export async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // Two starters wait for each other here; node-pg-migrate's own lock refuses the second one instead.
    await client.query(`select pg_advisory_lock(hashtext('holdfast:migrate'))`)
    await runner({
      dbClient: client,
      dir,
      direction: 'up',
      migrationsTable: 'schema_migrations',
      noLock: true,
      log: () => {},
    })
    await client.query('select ensure_order_partitions(now(), 13)')
  } finally {
    await client.end()
  }
}
