import { readFileSync } from 'node:fs'
import { Worker } from '@temporalio/worker'
import { DeterminismViolationError } from '@temporalio/workflow'
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

test('every journey has its recording', () => {
  expect(recordedNames().sort()).toEqual(Object.keys(journeys).sort())
})

describe('what was begun by an earlier version goes on with this one', () => {
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

test('nothing is done for a request before the request is kept', () => {
  const firstEffects = recordedNames().flatMap((name) => {
    const types = readHistory(name).events.map(({ eventType }) => String(eventType))
    return types.flatMap((type, place) => {
      if (type !== 'EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED') return []
      const effect = types.slice(place).find((next) => effectTypes.has(next))
      return effect ? [`${name}: ${effect}`] : []
    })
  })
  expect(firstEffects.length).toBeGreaterThan(5)
  // A marker would be a local attempt: one that had its effect though its task, and the request with it, can still be lost.
  expect(firstEffects.filter((effect) => effect.endsWith('EVENT_TYPE_MARKER_RECORDED'))).toEqual([])
})

const effectTypes = new Set(['EVENT_TYPE_MARKER_RECORDED', 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED'])
