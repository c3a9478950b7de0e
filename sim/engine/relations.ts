import type { Engine } from './engine.ts'
import type { EngineDeps, Execution } from './execution.ts'
import { cancelled, type Failure } from './failures.ts'
import type { Command, Job } from './workflow-host.ts'

type Server = {
  find: Engine['find']
  start: Engine['start']
  signal: Engine['signal']
  /** Something for the history. */
  happens: (execution: Execution, event: Job) => void
}

/** As the server knows why a child cannot be started: its id is taken by one that runs. */
const ALREADY_EXISTS = 1

/** What workflows do to each other: one starts another, hears how it ended, or tells it something. Each takes its time. */
export function createRelations({ scheduler }: EngineDeps, { find, start, signal, happens }: Server) {
  const children = new WeakMap<Execution, { parent: Execution; seq: number }>()

  return {
    startChild(parent: Execution, { seq, workflowId, workflowType, taskQueue, input }: Command): void {
      scheduler.after(scheduler.latencyMs(), `child ${workflowId} started`, () => {
        if (find(workflowId)?.status === 'running') {
          const failed = { workflowId, workflowType, cause: ALREADY_EXISTS }
          return happens(parent, { resolveChildWorkflowExecutionStart: { seq, failed } })
        }
        scheduler.count(find(workflowId) ? 'child started anew' : 'child started')
        const child = start({ workflowId, type: workflowType, taskQueue, args: input, parent: parent.identity })
        children.set(child, { parent, seq })
        const succeeded = { runId: child.identity.runId }
        return happens(parent, { resolveChildWorkflowExecutionStart: { seq, succeeded } })
      })
    },

    signalOther(sender: Execution, { seq, signalName, args, workflowExecution }: Command): void {
      const { workflowId } = workflowExecution
      scheduler.after(scheduler.latencyMs(), `${workflowId} hears ${signalName}`, () => {
        const receiver = find(workflowId)
        const isThere = receiver?.status === 'running'
        if (isThere) signal(receiver, signalName, args)
        const failure = isThere ? {} : { failure: { message: `there is no running ${workflowId}` } }
        happens(sender, { resolveSignalExternalWorkflow: { seq, ...failure } })
      })
    },

    /** Whoever started it hears how it ended. */
    ended(child: Execution): void {
      const known = children.get(child)
      if (!known) return
      const result = resultOf(child)
      scheduler.after(scheduler.latencyMs(), `end of ${child.identity.workflowId} heard`, () =>
        happens(known.parent, { resolveChildWorkflowExecution: { seq: known.seq, result } }),
      )
    },
  }
}

function resultOf({ status, result, identity: { workflowId, type } }: Execution): Job {
  if (status === 'completed') return { completed: { result } }
  const of = { workflowExecution: { workflowId }, workflowType: { name: type } }
  const failure: Failure = { message: `child ${status}`, childWorkflowExecutionFailureInfo: of, cause: cancelled() }
  return status === 'cancelled' ? { cancelled: { failure } } : { failed: { failure } }
}
