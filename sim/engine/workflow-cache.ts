import type { ShopProcess } from '../shop.ts'
import { type Cached, type EngineDeps, type Execution, textOf } from './execution.ts'
import type { createLocalActivities } from './local-activities.ts'
import type { Command, WorkflowHost } from './workflow-host.ts'

/** Workflows in the memory of workers: kept between tasks, pushed out now and then, and rebuilt from their histories. */
export function createWorkflowCache(
  { scheduler, violate }: EngineDeps,
  host: WorkflowHost,
  locals: ReturnType<typeof createLocalActivities>,
) {
  const owners = new WeakMap<Cached, Execution>()

  async function fromMemory(execution: Execution, process: ShopProcess): Promise<Cached | undefined> {
    const cached = process.cache.get(execution.identity.runId)
    if (!cached) return undefined
    const isBusy = cached.locals.size > 0 || cached.resolved.length > 0
    const isCurrent = cached.turns === execution.history.length && !cached.task
    if (isCurrent && (isBusy || !scheduler.chance(process.evictions))) return cached
    scheduler.count('workflow pushed out of the cache')
    await evict(cached, execution)
    return undefined
  }

  /** Rebuilds a workflow from its history and holds it against what it answered before. */
  async function replay(execution: Execution, process: ShopProcess): Promise<Cached | undefined> {
    const { identity, history } = execution
    const instance = await host.create(identity, execution.startedMs)
    const cached: Cached = {
      instance,
      process,
      turns: history.length,
      locals: new Map(),
      resolved: [],
      task: undefined,
    }
    owners.set(cached, execution)
    process.cache.set(identity.runId, cached)
    if (history.length > 0) scheduler.count('workflow replayed')
    const open = new Map<number, Command>()
    for (const turn of history) {
      for (const { resolveActivity } of turn.jobs) if (resolveActivity) open.delete(resolveActivity.seq)
      const result = await instance.activate(turn.jobs, turn.atMs, turn)
      const commands = 'commands' in result ? result.commands : [{ failure: result.failure }]
      if (commands.map(textOf).join('\n') !== turn.commands.join('\n')) {
        violate(
          `replay differs: ${commands.map(textOf).join(' ').slice(0, 600)} instead of ${turn.commands.join(' ').slice(0, 600)}`,
          identity.workflowId,
        )
        return undefined
      }
      for (const { scheduleLocalActivity: local } of commands) if (local) open.set(local.seq, local)
    }
    for (const command of open.values()) locals.start(cached, command, identity.workflowId)
    return cached
  }

  async function evict(cached: Cached, { identity: { runId } }: Execution): Promise<void> {
    if (cached.process.cache.get(runId) !== cached) return
    cached.process.cache.delete(runId)
    locals.forgetAll(cached)
    cached.task = undefined
    await cached.instance.dispose()
  }

  return {
    evict,
    /** Whose it is. */
    ownerOf: (cached: Cached): Execution | undefined => owners.get(cached),
    /** The workflow as that process has it; nothing where its replay differs. */
    take: async (execution: Execution, process: ShopProcess): Promise<Cached | undefined> =>
      (await fromMemory(execution, process)) ?? (await replay(execution, process)),
  }
}
