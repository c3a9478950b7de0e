import type { ShopProcess } from '../shop.ts'
import { type EngineDeps, type Execution, type Update, type UpdateOutcome } from './execution.ts'
import { createRegularActivities } from './regular-activities.ts'
import { createRelations } from './relations.ts'
import { createTasks } from './tasks.ts'
import { settle } from './updates.ts'
import { durationMs, type Identity, type Job, timestamp, type WorkflowHost } from './workflow-host.ts'

export type Engine = ReturnType<typeof createEngine>

export type Start = {
  workflowId: string
  type: string
  taskQueue: string
  args: object[]
  eager?: ShopProcess | undefined
  parent?: Identity
}

/** A Temporal server in memory: executions, their histories and timers, and who asks what of them. */
export function createEngine(deps: EngineDeps, host: WorkflowHost) {
  const { scheduler } = deps
  const executions = new Map<string, Execution>()
  const cancelled = new WeakSet<Execution>()
  const activities = createRegularActivities(deps, (execution, event) => happens(execution, event))
  const relations = createRelations(deps, { find, start, signal, happens })
  const tasks = createTasks(deps, host, {
    startTimer(execution, { seq, startToFireTimeout }) {
      const stop = scheduler.after(durationMs(startToFireTimeout) ?? 0, 'timer fires', () => {
        if (!execution.timers.delete(seq)) return
        happens(execution, { fireTimer: { seq } })
      })
      execution.timers.set(seq, stop)
    },
    cancelTimer(execution, { seq }) {
      execution.timers.get(seq)?.()
      execution.timers.delete(seq)
      // One that fired meanwhile is taken back: its workflow no longer waits for it.
      execution.events = execution.events.filter(({ fireTimer }) => fireTimer?.seq !== seq)
    },
    scheduleActivity: (execution, command) => activities.schedule(execution, command),
    requestCancelActivity: (execution, { seq }) => activities.cancel(execution, seq),
    startChild: (execution, command) => relations.startChild(execution, command),
    signalOther: (execution, command) => relations.signalOther(execution, command),
    close(execution) {
      for (const stop of execution.timers.values()) stop()
      execution.timers.clear()
      execution.activities.clear()
      for (const update of execution.updates.values())
        if (update.state !== 'done') {
          if (update.state === 'accepted')
            deps.violate('the order ended with a request unanswered', execution.identity.workflowId)
          settle(update, { gone: true })
        }
      relations.ended(execution)
    },
  })

  /** Something for the history. A worker that is at its task hears of it with the next. */
  function happens(execution: Execution, event: Job): void {
    if (execution.status !== 'running') return
    execution.events.push(event)
    tasks.wake(execution)
  }

  function find(workflowId: string): Execution | undefined {
    return executions.get(workflowId)
  }

  /** Begins it, also where an earlier one under the same id has ended. */
  function start({ workflowId, type, taskQueue, args, eager, parent }: Start): Execution {
    const seed = Array.from({ length: 8 }, () => Math.floor(scheduler.random() * 256))
    const runId = executions.has(workflowId) ? `run-${workflowId}-${scheduler.random()}` : `run-${workflowId}`
    const identity = { workflowId, runId, type, taskQueue, seed, ...(parent && { parent }) }
    const initializeWorkflow = {
      workflowId,
      workflowType: type,
      arguments: args,
      randomnessSeed: 1,
      attempt: 1,
      firstExecutionRunId: runId,
      startTime: timestamp(scheduler.dateMs),
    }
    const execution: Execution = {
      identity,
      startedMs: scheduler.dateMs,
      status: 'running',
      history: [],
      events: [],
      newUpdates: [],
      updates: new Map(),
      task: undefined,
      isTaskOffered: false,
      home: eager,
      timers: new Map(),
      activities: new Map(),
    }
    executions.set(workflowId, execution)
    happens(execution, { initializeWorkflow })
    return execution
  }

  function signal(execution: Execution, signalName: string, input: object[]): void {
    happens(execution, { signalWorkflow: { signalName, input, identity: 'sim', headers: {} } })
  }

  return {
    executions,
    find,
    start,
    signal,

    cancel(execution: Execution): void {
      if (cancelled.has(execution)) return
      cancelled.add(execution)
      happens(execution, { cancelWorkflow: {} })
    },

    /** Asked again under the same id, it is the same request. */
    update(execution: Execution, id: string, name: string, input: object[]): Promise<UpdateOutcome> {
      const known = execution.updates.get(id)
      if (known) return known.outcome.promise
      const doUpdate = {
        id,
        protocolInstanceId: id,
        name,
        input,
        headers: {},
        meta: { updateId: id },
        runValidator: true,
      }
      const update: Update = { id, job: { doUpdate }, state: 'admitted', outcome: Promise.withResolvers() }
      execution.updates.set(id, update)
      execution.newUpdates.push(update)
      tasks.wake(execution)
      return update.outcome.promise
    },

    /** What keeps an execution from being at rest. */
    unrest({ task, isTaskOffered, events, newUpdates, activities: running }: Execution): string | undefined {
      if (task || isTaskOffered) return 'a workflow task is open'
      if (events.length > 0 || newUpdates.length > 0) return 'there is news for it'
      return running.size > 0 ? `an activity is open: ${[...running.values()][0]?.order.type}` : undefined
    },
  }
}
