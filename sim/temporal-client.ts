import type { Client } from '@temporalio/client'
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common'
import type { Engine } from './engine/engine.ts'
import type { Execution, UpdateOutcome } from './engine/execution.ts'
import { never, type Scheduler } from './scheduler.ts'
import type { ShopProcess } from './shop.ts'

export type RpcFaults = { lostBefore: number; lostAfter: number; slow: number }

type StartOptions = { workflowId: string; taskQueue: string; args: unknown[]; requestEagerStart?: boolean }
type Operation = { workflowTypeOrFunc: string; options: StartOptions }

/** As a failed call looks to the SDK's users: UNAVAILABLE, and nobody knows what came of it. */
const unavailable = () => Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'unavailable', metadata: {} })

/** The part of Temporal's client that the shop's commands use, in front of the simulated engine. */
export function simulatedClient(engine: Engine, scheduler: Scheduler, process: ShopProcess, faults: RpcFaults): Client {
  async function call<T>(what: string, act: () => T | Promise<T>): Promise<T> {
    if (scheduler.isDead) return never()
    const delayMs = scheduler.chance(faults.slow) ? scheduler.between(1_000, 15_000) : scheduler.latencyMs()
    if (scheduler.chance(faults.lostBefore)) {
      scheduler.count('call to the engine lost')
      await scheduler.pause(`rpc ${what} lost`)
      throw unavailable()
    }
    const result = new Promise<{ value: T } | { error: unknown }>((resolve) => {
      const run = () =>
        Promise.resolve()
          .then(act)
          .then(
            (value) => resolve({ value }),
            (error: unknown) => resolve({ error }),
          )
      scheduler.after(delayMs, `rpc ${what}`, () => void run())
    })
    if (scheduler.chance(faults.lostAfter)) {
      scheduler.count('answer of the engine lost')
      await scheduler.pause(`rpc ${what} unanswered`, delayMs + scheduler.latencyMs())
      throw unavailable()
    }
    const settled = await result
    await scheduler.pause(`rpc ${what} answered`)
    if ('error' in settled) throw settled.error
    return settled.value
  }

  const payloads = (args: readonly unknown[] = []) =>
    args.map((arg) => defaultPayloadConverter.toPayload(arg) as object)

  function running(workflowId: string): Execution {
    const execution = engine.find(workflowId)
    if (execution?.status === 'running') return execution
    throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined)
  }

  function begin(type: string, { workflowId, taskQueue, args, requestEagerStart }: StartOptions): void {
    const eager = requestEagerStart ? process : undefined
    const known = engine.find(workflowId)
    if (!known) engine.start({ workflowId, type, taskQueue, args: payloads(args), eager })
    else if (known.status !== 'running')
      throw new WorkflowExecutionAlreadyStartedError('already started', workflowId, type)
  }

  function answerOf(outcome: UpdateOutcome, workflowId: string): unknown {
    if ('gone' in outcome)
      throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined)
    if ('completed' in outcome) return defaultPayloadConverter.fromPayload(outcome.completed)
    const cause = defaultFailureConverter.failureToError(outcome.rejected, defaultPayloadConverter)
    throw new WorkflowUpdateFailedError('Workflow Update failed', cause)
  }

  const workflow = {
    start: (type: string, options: StartOptions) => call(`start ${options.workflowId}`, () => begin(type, options)),
    executeUpdateWithStart: async (
      { name }: { name: string },
      { startWorkflowOperation, updateId }: { startWorkflowOperation: Operation; updateId: string },
    ) => {
      const { workflowTypeOrFunc, options } = startWorkflowOperation
      const { workflowId } = options
      const outcome = await call(`start ${workflowId} with ${name}`, () => {
        begin(workflowTypeOrFunc, options)
        return engine.update(running(workflowId), updateId, name, [])
      })
      return answerOf(outcome, workflowId)
    },
    getHandle: (workflowId: string) => ({
      describe: () =>
        call(`describe ${workflowId}`, () => {
          if (!engine.find(workflowId)) throw new WorkflowNotFoundError('not found', workflowId, undefined)
          return {}
        }),
      signal: (signal: string | { name: string }, ...args: unknown[]) => {
        const name = typeof signal === 'string' ? signal : signal.name
        return call(`signal ${name} ${workflowId}`, () => engine.signal(running(workflowId), name, payloads(args)))
      },
      cancel: () => call(`cancel ${workflowId}`, () => engine.cancel(running(workflowId))),
      executeUpdate: async (
        { name }: { name: string },
        { args, updateId: given }: { args: unknown[]; updateId?: string },
      ) => {
        const updateId = given ?? `${name}-${scheduler.random()}`
        const outcome = await call(`update ${name} ${workflowId}`, () => {
          // The answer to a request is kept with its workflow, also when that has ended.
          const known = engine.find(workflowId)?.updates.get(updateId)
          return known ? known.outcome.promise : engine.update(running(workflowId), updateId, name, payloads(args))
        })
        return answerOf(outcome, workflowId)
      },
    }),
  }
  const connection = { withDeadline: <T>(_: unknown, body: () => Promise<T>) => body() }
  return { workflow, connection } as unknown as Client
}
