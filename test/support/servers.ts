import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../stack/servers/postgres.ts'
import { openSite } from '../../stack/site.ts'
import { migrate } from '../../store/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

export const TEMPLATE = 'holdfast_test_template'

/** One PostgreSQL for a test run, started as npm start does; each test file gets its own copy of a migrated database. */
export default async function startServers(project: TestProject) {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const site = await openSite({ dataDir, environment: { ...process.env, DATABASE_URL: undefined } })
  const { url } = await startPostgres(site)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create database ${TEMPLATE}`)
  await client.end()
  await migrate(new URL(`/${TEMPLATE}`, url).href)
  project.provide('postgresUrl', url)
  return async () => {
    await site.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
