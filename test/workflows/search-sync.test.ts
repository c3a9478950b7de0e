import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { nudgeSearchSync, SEARCH_SYNC_NUDGE } from '../../api/commands/search-sync.ts'
import { held } from '../support/activity-faults.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
})
afterAll(() => world?.close())

const looks = () => world.faults.attempts(SEARCH_SYNC_NUDGE, 'syncSearchIndex')

test('a product that changes while search follows another is looked for once more, and then it is over', async () => {
  const nudge = nudgeSearchSync(world)
  const { trouble, reached, release } = held('patient')
  world.faults.set(SEARCH_SYNC_NUDGE, 'syncSearchIndex', trouble)
  nudge()
  await reached
  const sync = world.client.workflow.getHandle(SEARCH_SYNC_NUDGE)
  nudge()
  nudge()
  await vi.waitFor(async () => {
    const { events } = await sync.fetchHistory()
    expect(events?.filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal)).toHaveLength(3)
  })
  release()
  await sync.result()
  expect(looks()).toBe(2)
})
