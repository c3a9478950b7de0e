import { proxyActivities } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { databasePolicy } from './policies.ts'

const { streamMissedEvents } = proxyActivities<Activities>({
  ...databasePolicy,
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '5m',
  summary: 'Send the Redis streams what they should have had by now',
})

/** Makes the streams certain: what a crash or an absence of Redis kept back is sent. Started on a schedule. */
export async function eventSweep(): Promise<{ sent: number }> {
  return { sent: await streamMissedEvents() }
}
