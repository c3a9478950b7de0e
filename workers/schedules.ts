import { type Client, ScheduleAlreadyRunning, type ScheduleOptions, type ScheduleSpec } from '@temporalio/client'
import type { Config } from './config.ts'

type Sweep = {
  id: string
  workflowType: string
  when: ScheduleSpec | ((config: Config) => ScheduleSpec)
  why: string
  args?: (config: Config) => unknown[]
}

const eachMinute: ScheduleSpec = { intervals: [{ every: '1m' }] }

/** What runs by the clock. A nudge makes these things fast; the schedule makes them certain. */
const sweeps: Sweep[] = [
  { id: 'search-sync', workflowType: 'searchSync', when: eachMinute, why: 'Search follows the catalogue' },
  {
    id: 'event-sweep',
    workflowType: 'eventSweep',
    when: eachMinute,
    why: 'Redis streams and webhook endpoints get what they missed',
    args: ({ webhooks: { giveUpAfterMs } }) => [{ isThorough: true, giveUpAfterMs }],
  },
  {
    id: 'reorder-sweep',
    workflowType: 'reorderSweep',
    when: eachMinute,
    why: 'What has run low is ordered',
    args: ({ replenishments }) => [replenishments],
  },
  {
    id: 'reconciliation',
    workflowType: 'reconciliation',
    when: ({ reconciliation }) => ({ intervals: [{ every: reconciliation.everyMs }] }),
    why: 'The books are compared with the world',
    args: ({ reconciliation: { settleMs } }) => [{ kind: 'frequent', settleMs }],
  },
  {
    id: 'reconciliation-nightly',
    workflowType: 'reconciliation',
    when: { calendars: [{ hour: 3, minute: 10 }] },
    why: 'The books are compared with the world, the whole search index too',
    args: ({ reconciliation: { settleMs } }) => [{ kind: 'whole', settleMs }],
  },
  { id: 'view-collection', workflowType: 'viewCollection', when: eachMinute, why: 'Views come from Redis' },
  {
    id: 'recommendation-training',
    workflowType: 'recommendationTraining',
    when: ({ recommendations }) => ({ intervals: [{ every: recommendations.trainingEveryMs }] }),
    why: 'Recommendations follow what was bought and looked at',
    args: () => [{}],
  },
]

/** Creates the schedules, or brings those that are there up to date. One that an operator paused stays paused. */
export async function ensureSchedules(client: Client, config: Config): Promise<void> {
  for (const sweep of sweeps) {
    const options = scheduleOf(sweep, config)
    try {
      await client.schedule.create(options)
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error
      const { scheduleId: _, ...wanted } = options
      await client.schedule.getHandle(sweep.id).update(({ state }) => ({ ...wanted, state }))
    }
  }
}

const scheduleOf = ({ id, workflowType, when, why, args }: Sweep, config: Config) =>
  ({
    scheduleId: id,
    spec: typeof when === 'function' ? when(config) : when,
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId: id,
      taskQueue: config.temporal.taskQueue,
      staticSummary: why,
      ...(args && { args: args(config) }),
    },
    // A sweep that was missed is made good by the next one.
    policies: { overlap: 'SKIP', catchupWindow: '1m' },
  }) satisfies ScheduleOptions
