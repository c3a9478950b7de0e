import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../store/ids.ts'
import type { InvariantResult } from '../../store/invariants.ts'
import {
  beginLook,
  listFindings,
  listToMend,
  noteAttempt,
  noteLook,
  openRun,
} from '../../store/reconciliation/index.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await openTestDatabase()
})
afterAll(() => db?.close())

const check = 'reserved_is_what_orders_hold'
const agreed: InvariantResult[] = [{ name: check, promise: '', eventual: false, violations: [] }]
const amiss = (subject: string): InvariantResult[] => [
  { name: check, promise: '', eventual: false, violations: [{ subject, detail: 'one unit is promised to nobody' }] },
]

async function begin(): Promise<string> {
  const runId = newId('rec')
  await openRun(db.database, { runId, kind: 'frequent' })
  return runId
}

const look = (runId: string, number: number, beganAt: Date, results: InvariantResult[]) =>
  noteLook(db.database, { runId, look: number, beganAt }, results)

const found = async (subject: string) =>
  (await listFindings(db.database, { limit: 100 })).filter((finding) => finding.subject === subject)

test('what one run has mended is not found again by another that looked before', async () => {
  const subject = newId('prd')
  const [first, second] = [await begin(), await begin()]
  for (const runId of [first, second]) await look(runId, 1, await beginLook(db.database), amiss(subject))
  const secondBeganAt = await beginLook(db.database)
  await look(first, 2, await beginLook(db.database), amiss(subject))
  const [finding] = await found(subject)
  await noteAttempt(db.database, { findingId: finding?.id as number, runId: first, action: 'counted', isMended: true })
  await look(first, 3, await beginLook(db.database), agreed)

  expect(await look(second, 2, secondBeganAt, amiss(subject))).toMatchObject({ findings: 0 })
  expect(await found(subject)).toMatchObject([{ status: 'repaired' }])
})

test('what one run has found is not gone for another that looked before it was there', async () => {
  const subject = newId('prd')
  const [first, second] = [await begin(), await begin()]
  const secondBeganAt = await beginLook(db.database)
  for (const number of [1, 2]) await look(first, number, await beginLook(db.database), amiss(subject))

  await look(second, 1, secondBeganAt, agreed)
  expect(await found(subject)).toMatchObject([{ status: 'open' }])
  await look(second, 2, await beginLook(db.database), agreed)
  expect(await found(subject)).toMatchObject([{ status: 'gone' }])
})

test('each of two runs that see the same mends it, and does not leave it to the other', async () => {
  const subject = newId('prd')
  const runs = [await begin(), await begin()]
  for (const number of [1, 2])
    for (const runId of runs) await look(runId, number, await beginLook(db.database), amiss(subject))

  for (const runId of runs)
    expect(await listToMend(db.database, { runId, remedy: 'recount_promises' })).toMatchObject([{ subject }])
})

test('what another run saw to be right before the mending was noted counts as mended', async () => {
  const subject = newId('prd')
  const runId = await begin()
  for (const number of [1, 2]) await look(runId, number, await beginLook(db.database), amiss(subject))
  const [finding] = await found(subject)
  await look(await begin(), 1, await beginLook(db.database), agreed)
  await noteAttempt(db.database, { findingId: finding?.id as number, runId, action: 'counted', isMended: true })
  expect(await found(subject)).toMatchObject([{ status: 'repaired' }])
})
