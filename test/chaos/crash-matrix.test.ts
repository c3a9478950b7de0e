import { beforeAll, describe, expect, test } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { type MatrixResult, runCrashMatrix } from '../../chaos/crash-matrix/index.ts'
import { rows } from '../../chaos/crash-matrix/rows.ts'

test('every effect that a workflow can have is killed before and after', () => {
  const effects = Object.keys(createActivities({} as Parameters<typeof createActivities>[0]))
  for (const moment of ['before', 'after'])
    expect(
      rows.filter((row) => row.place.step === `activity ${row.step}` && row.moment === moment).map(({ step }) => step),
    ).toEqual(expect.arrayContaining(effects))
})

describe('kill -9 at the steps that repeat within seconds', () => {
  let result: MatrixResult

  beforeAll(async () => {
    result = await runCrashMatrix({
      rows: rows.filter(({ repeat }) => repeat === 'task'),
      atOnce: 24,
      environment: process.env,
    })
    console.log(`  ${result.rows.length} rows by ${result.kills} kills in ${Math.round(result.tookMs / 1000)} s`)
  }, 240_000)

  test('each kill was reached, and the order came to its one right end, in its states, money and stock', () => {
    expect(result.rows.filter(({ failure }) => failure !== undefined)).toEqual([])
    expect(result.kills).toBeGreaterThan(1)
  })

  test('every promise of the invariants file holds', () => {
    expect(result.promises.filter(({ violations, skipped }) => violations.length > 0 || skipped)).toEqual([])
  })
})
