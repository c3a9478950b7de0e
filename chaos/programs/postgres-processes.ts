import { readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { processesIn } from '../../stack/process-table.ts'
import type { World } from '../fault.ts'

/** The data folder that PostgreSQL's main process stands in, whatever links lead there. */
export function clusterOf({ running }: World): { pid: number; folder: string } | undefined {
  const pid = running.stack.processes.find(({ role }) => role === 'postgres')?.pid
  if (pid === undefined) return undefined
  try {
    return { pid, folder: readlinkSync(`/proc/${pid}/cwd`) }
  } catch {
    return undefined // gone meanwhile
  }
}

/** Once it is up; it may be on its way back from an earlier fault. */
export async function clusterWhenUp(world: World): Promise<{ pid: number; folder: string }> {
  await world.running.whenUp('postgres')
  const cluster = clusterOf(world)
  if (!cluster) throw new Error('PostgreSQL went away again')
  return cluster
}

/** The main process and all that it forked: one for each connection, and those that write in the background. */
export const clusterProcesses = ({ folder }: { folder: string }): number[] => processesIn(folder)

const backWithinMs = 120_000

/** Whether it was started again or has only ended all its connections, it is back when it writes. */
export async function untilAnswering({ running, database }: World, withinMs = backWithinMs): Promise<void> {
  await running.whenUp('postgres', withinMs)
  for (const deadline = Date.now() + withinMs; ; await sleep(100)) {
    try {
      await database.query(`select pg_logical_emit_message(true, 'chaos', 'back')`)
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}
