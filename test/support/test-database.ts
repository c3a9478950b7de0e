import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../store/database.ts'
import { TEMPLATE } from './servers.ts'

export type TestDatabase = { url: string; database: Database; close: () => Promise<void> }

/** An empty, migrated database of one's own. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  await onServer(server, `create database ${name} template ${TEMPLATE} strategy file_copy`)
  const url = new URL(`/${name}`, server).href
  const database = openDatabase({ url, poolSize: 20 })
  return {
    url,
    database,
    close: async () => {
      await database.end()
      await onServer(server, `drop database ${name} with (force)`)
    },
  }
}

async function onServer(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}
