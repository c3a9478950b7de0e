import { type Client, ScheduleAlreadyRunning, type ScheduleOptions } from '@temporalio/client'
import type { Config } from './config.ts'

type Sweep = { id: string; workflowType: string; every: string; why: string; args?: (config: Config) => unknown[] }

/** What runs by the clock. A nudge makes these things fast; the schedule makes them certain. */
const sweeps: Sweep[] = [
  { id: 'search-sync', workflowType: 'searchSync', every: '60s', why: 'Search follows the catalogue' },
  { id: 'event-sweep', workflowType: 'eventSweep', every: '60s', why: 'Redis streams get what they missed' },
  {
    id: 'reorder-sweep',
    workflowType: 'reorderSweep',
    every: '60s',
    why: 'What has run low is ordered',
    args: ({ replenishments }) => [replenishments],
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

const scheduleOf = ({ id, workflowType, every, why, args }: Sweep, config: Config) =>
  ({
    scheduleId: id,
    spec: { intervals: [{ every: every as '10s' }] },
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
