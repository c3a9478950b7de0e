import { readFileSync } from 'node:fs'
import { DeterminismViolationError } from '@temporalio/workflow'
import { Worker } from '@temporalio/worker'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundlePath, installRuntime } from '../support/order-world.ts'
import { asEngineHistory, readHistory, recordedNames } from './histories.ts'
import { journeys } from './journeys.ts'

let code: string
beforeAll(async () => {
  installRuntime()
  code = readFileSync(await bundlePath(), 'utf8')
})

const replay = (bundle: string, name: string) =>
  Worker.runReplayHistory({ workflowBundle: { code: bundle } }, asEngineHistory(readHistory(name)), `replay-${name}`)

test('every journey of an order has its recording', () => {
  expect(recordedNames().sort()).toEqual(Object.keys(journeys).sort())
})

describe('an order that was begun by an earlier version goes on with this one', () => {
  test.each(Object.keys(journeys))('%s', async (name) => {
    await replay(code, name)
  })
})

test('a version that takes the steps in another order is found out', async () => {
  const other: Record<string, string> = { capturePayment: 'confirmOrder', confirmOrder: 'capturePayment' }
  const swapped = code.replaceAll(/'(capturePayment|confirmOrder)'/g, (_, step: string) => `'${other[step]}'`)
  expect(swapped).not.toBe(code)
  await expect(replay(swapped, 'slow-gateway')).rejects.toThrow(DeterminismViolationError)
})
