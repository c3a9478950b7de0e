import { condition, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow'
import type { activities } from './process.ts'

/** Starts and ends: what one workflow execution costs before a shop does anything in it. */
export async function noop(): Promise<void> {}

const actUpdate = defineUpdate<void>('act')

const { nothing } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' })

/** Waits to be asked, has one activity do nothing, answers and ends: what a request to a workflow costs before a shop. */
export async function noopRequest(): Promise<void> {
  let isDone = false
  setHandler(actUpdate, async () => {
    await nothing()
    isDone = true
  })
  await condition(() => isDone)
}
