import type { ShopProcess } from '../shop.ts'
import { type Cached, type EngineDeps, type Execution, isClosing, type Task, textOf } from './execution.ts'
import { createLocalActivities } from './local-activities.ts'
import { cancelledOf } from './regular-activities.ts'
import { respond } from './updates.ts'
import { createWorkflowCache } from './workflow-cache.ts'
import type { Command, Job, WorkflowHost } from './workflow-host.ts'

const TASK_TIMEOUT_MS = 5_000
/** A task whose local activities take longer than this is committed as far as it is, and goes on. */
const HEARTBEAT_MS = 4_000
const STICKY_TIMEOUT_MS = 2_000
const NOBODY_UP_MS = 300

/** What the server does with the commands of a task that it accepted. */
export type Effects = {
  startTimer(execution: Execution, command: Command): void
  cancelTimer(execution: Execution, command: Command): void
  scheduleActivity(execution: Execution, command: Command): void
  requestCancelActivity(execution: Execution, command: Command): void
  startChild(execution: Execution, command: Command): void
  signalOther(execution: Execution, command: Command): void
  close(execution: Execution): void
}

/**
 * Workflow tasks, from the news that makes one due to its commit: the part of the SDK's core and of the server where a
 * crash, a time-out or late news can make what was done not count.
 */
export function createTasks(deps: EngineDeps, host: WorkflowHost, effects: Effects) {
  const { scheduler, processes, violate } = deps
  const locals = createLocalActivities(deps, proceed)
  const cache = createWorkflowCache(deps, host, locals)

  function wake(execution: Execution): void {
    const isDue = execution.events.length > 0 || execution.newUpdates.length > 0
    if (isDue && execution.status === 'running' && !execution.task && !execution.isTaskOffered) offer(execution)
  }

  function offer(execution: Execution, delayMs = scheduler.latencyMs() / 2, isStickyOver = false): void {
    execution.isTaskOffered = true
    scheduler.after(delayMs, `task for ${execution.identity.workflowId}`, () => {
      const { home } = execution
      const isReady = (process: ShopProcess) => process.isUp && process.frozenUntilMs <= scheduler.nowMs
      if (home && !isReady(home) && !isStickyOver) return offer(execution, STICKY_TIMEOUT_MS, true)
      const ready = processes.filter(isReady)
      const process = home && isReady(home) ? home : ready.length > 0 ? scheduler.pick(ready) : undefined
      if (!process) return offer(execution, NOBODY_UP_MS, true)
      execution.isTaskOffered = false
      return begin(execution, process)
    })
  }

  async function begin(execution: Execution, process: ShopProcess): Promise<void> {
    const cached = await cache.take(execution, process)
    if (!cached) return
    const task: Task = {
      process,
      cached,
      events: execution.events,
      updates: execution.newUpdates,
      turns: [],
      commands: [],
      responses: [],
      isSent: false,
      stopClocks: [],
    }
    execution.events = []
    execution.newUpdates = []
    execution.task = task
    cached.task = task
    const beat = () => (execution.task === task && !task.isSent ? send(execution, task) : undefined)
    task.stopClocks.push(
      scheduler.after(TASK_TIMEOUT_MS, 'task timed out', () => lose(execution, task, 'task timed out')),
      scheduler.after(HEARTBEAT_MS, 'task heartbeat', beat, process),
    )
    const messages = [...task.events, ...task.updates.map(({ job }) => job)]
    const jobs = messages.sort((a, b) => rank(a) - rank(b))
    if (jobs.length > 0) await activate(execution, cached, jobs)
    else if (cached.resolved.length > 0) await proceed(cached)
    else if (cached.locals.size === 0) send(execution, task)
  }

  /** Local activities came to their end: the workflow goes on, if its task is still open. */
  async function proceed(cached: Cached): Promise<void> {
    const execution = cache.ownerOf(cached)
    if (!execution || !cached.task || cached.task.isSent || cached.resolved.length === 0) return
    await activate(execution, cached, cached.resolved.splice(0))
  }

  async function activate(execution: Execution, cached: Cached, jobs: Job[]): Promise<void> {
    const task = cached.task as Task
    const { workflowId } = execution.identity
    const atMs = scheduler.dateMs
    const result = await cached.instance.activate(jobs, atMs)
    if ('failure' in result) return violate(`workflow task failed: ${result.failure}`, workflowId)
    const turn = { jobs, atMs, commands: [] as string[], flags: [...result.flags] }
    const refused = new Set<string>()
    const accepted = new Set(task.responses.filter(({ accepted: is }) => is).map(({ protocolInstanceId: id }) => id))
    const atOnce: Job[] = []
    for (const command of result.commands) {
      const { updateResponse: response } = command
      if (response?.accepted) accepted.add(response.protocolInstanceId)
      const isRefusal = response?.rejected && jobs.some(({ doUpdate }) => doUpdate?.id === response.protocolInstanceId)
      if (isRefusal && !accepted.has(response.protocolInstanceId)) refused.add(response.protocolInstanceId)
      else turn.commands.push(textOf(command))
      if (response) task.responses.push(response)
      else if (command.scheduleLocalActivity) locals.start(cached, command.scheduleLocalActivity, workflowId)
      else if (command.requestCancelLocalActivity) locals.cancel(cached, command.requestCancelLocalActivity.seq)
      else if (!takeBack(task, command, atOnce)) task.commands.push(command)
    }
    // A refused request is in no history; an accepted one is not judged again.
    turn.jobs = jobs.flatMap((job) =>
      !job.doUpdate
        ? [job]
        : refused.has(job.doUpdate.id)
          ? []
          : [{ doUpdate: { ...job.doUpdate, runValidator: false } }],
    )
    if (turn.jobs.length > 0) task.turns.push(turn)
    else if (turn.commands.length > 0) violate('a refused request had an effect', workflowId)
    if (atOnce.length > 0) return activate(execution, cached, atOnce)
    if (task.commands.some(isClosing)) locals.forgetAll(cached)
    if (cached.resolved.length > 0) return proceed(cached)
    if (cached.locals.size === 0) send(execution, task)
  }

  /** What is cancelled in the task that asked for it never reaches the server. */
  function takeBack(task: Task, command: Command, atOnce: Job[]): boolean {
    const timer = command.cancelTimer?.seq
    const activity = command.requestCancelActivity?.seq
    if (timer === undefined && activity === undefined) return false
    const at = task.commands.findIndex(
      ({ startTimer, scheduleActivity }) =>
        (timer !== undefined && startTimer?.seq === timer) ||
        (activity !== undefined && scheduleActivity?.seq === activity),
    )
    if (at < 0) return false
    const [taken] = task.commands.splice(at, 1)
    const order = taken?.scheduleActivity
    if (order)
      atOnce.push({
        resolveActivity: { seq: order.seq, result: cancelledOf({ seq: order.seq, type: order.activityType }) },
      })
    return true
  }

  function send(execution: Execution, task: Task): void {
    task.isSent = true
    const { locals: running, resolved } = task.cached
    // Said with the answer: whoever dies just after it was sent has asked for the next task all the same.
    const isHeartbeat = running.size > 0 || resolved.length > 0
    scheduler.after(scheduler.latencyMs(), `task of ${execution.identity.workflowId} done`, () =>
      commit(execution, task, isHeartbeat),
    )
  }

  function commit(execution: Execution, task: Task, isHeartbeat: boolean): unknown {
    const { cached } = task
    cached.task = undefined
    if (execution.task !== task) {
      scheduler.count('task answered after it was given up')
      return cache.evict(cached, execution)
    }
    if (task.commands.some(isClosing) && execution.events.length > 0) {
      return lose(execution, task, 'task refused: there was news for an ending workflow')
    }
    stopClocks(task)
    execution.task = undefined
    execution.home = task.process
    execution.history.push(...task.turns)
    cached.turns = execution.history.length
    for (const response of task.responses) respond(execution, response)
    for (const command of task.commands) apply(execution, command)
    if (execution.status !== 'running') {
      effects.close(execution)
      return cache.evict(cached, execution)
    }
    if (isHeartbeat) {
      scheduler.count('task heartbeat')
      offer(execution)
    } else wake(execution)
    return undefined
  }

  function apply(execution: Execution, command: Command): void {
    if (command.startTimer) effects.startTimer(execution, command.startTimer)
    else if (command.cancelTimer) effects.cancelTimer(execution, command.cancelTimer)
    else if (command.scheduleActivity) effects.scheduleActivity(execution, command.scheduleActivity)
    else if (command.requestCancelActivity) effects.requestCancelActivity(execution, command.requestCancelActivity)
    else if (command.startChildWorkflowExecution) effects.startChild(execution, command.startChildWorkflowExecution)
    else if (command.signalExternalWorkflowExecution)
      effects.signalOther(execution, command.signalExternalWorkflowExecution)
    else if (command.completeWorkflowExecution)
      Object.assign(execution, { status: 'completed', result: command.completeWorkflowExecution.result })
    else if (command.cancelWorkflowExecution) execution.status = 'cancelled'
    else if (command.failWorkflowExecution) {
      execution.status = 'failed'
      violate(`the workflow failed: ${command.failWorkflowExecution.failure?.message}`, execution.identity.workflowId)
    } else if (!command.upsertWorkflowSearchAttributes) violate(`unknown command ${textOf(command)}`, 'simulator')
  }

  /** Nothing of the task counts: its news is news again, and what its local activities did is done once more. */
  function lose(execution: Execution, task: Task, why: string): unknown {
    if (execution.task !== task) return undefined
    scheduler.count(why)
    stopClocks(task)
    execution.task = undefined
    execution.home = undefined
    execution.events = [...task.events, ...execution.events]
    execution.newUpdates = [...task.updates.filter(({ state }) => state !== 'done'), ...execution.newUpdates]
    offer(execution, scheduler.latencyMs(), true)
    const { process, cached } = task
    // A frozen worker does not hear of it.
    return process.frozenUntilMs <= scheduler.nowMs ? cache.evict(cached, execution) : undefined
  }

  return { wake }
}

const stopClocks = (task: Task): void => {
  for (const stop of task.stopClocks) stop()
}

/** The order in which the SDK's core hands out what belongs to one activation. */
function rank(job: Job): number {
  if (job.initializeWorkflow) return 0
  if (job.signalWorkflow || job.doUpdate) return 3
  return job.resolveActivity?.isLocal ? 5 : 4
}
