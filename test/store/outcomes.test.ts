import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { send } from '../../stack/process-table.ts'
import { listenForOutcomes } from '../../store/outcomes.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await openTestDatabase()
})
afterAll(() => db?.close())

const LISTENER = `select pid from pg_stat_activity where application_name = 'holdfast outcomes' and datname = current_database()`

test('announcements are heard again although the connection that heard them hangs without ever breaking', async () => {
  const outcomes = await listenForOutcomes({ url: db.url, onError: () => undefined })
  const { rows } = await db.database.query<{ pid: number }>(LISTENER)
  const pid = rows[0]?.pid as number
  send(pid, 'SIGSTOP')
  try {
    await vi.waitFor(
      async () => {
        const asked = performance.now()
        const told = outcomes.next('ord_1', 1_000)
        await db.database.query(`select pg_notify('outcomes', 'ord_1')`)
        await told
        expect(performance.now() - asked, 'told, and not only tired of waiting').toBeLessThan(900)
      },
      { timeout: 15_000 },
    )
  } finally {
    send(pid, 'SIGCONT')
    await outcomes.close()
  }
})
