import { createRequire } from 'node:module'
import vm from 'node:vm'
import { TypedSearchAttributes } from '@temporalio/common'
import { msNumberToTs } from '@temporalio/common/lib/time.js'
import { bundleWorkflows } from '../../workers/bundle.ts'

/** A job of an activation and a command of its answer, as the SDK's core and its workflow library exchange them. */
// oxlint-disable-next-line typescript/no-explicit-any -- plain objects of many shapes, read by name
export type Job = Record<string, any>
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type Command = Record<string, any>

/** `flags` are the behaviours of the library that the answer relies on: a replay has to rely on the same. */
export type Activated = { commands: Command[]; flags: number[] }

export type Instance = {
  /** Answers the commands, or the failure of the task. */
  activate(jobs: Job[], nowMs: number, replayOf?: { flags: number[] }): Promise<Activated | { failure: string }>
  dispose(): Promise<void>
}

export type Identity = {
  workflowId: string
  runId: string
  type: string
  taskQueue: string
  seed: number[]
  parent?: Identity
}

export type WorkflowHost = {
  create(identity: Identity, nowMs: number): Promise<Instance>
}

type SdkWorkflow = {
  activate(activation: object): Promise<{
    successful?: { commands: Command[]; usedInternalFlags: number[] }
    failed?: { failure: { message?: string; stackTrace?: string } }
  }>
  getAndResetSinkCalls(): Promise<unknown>
  dispose(): Promise<void>
}

type SdkCreator = { createWorkflow(options: object): Promise<SdkWorkflow> }

const requireOfSdk = createRequire(createRequire(import.meta.url).resolve('@temporalio/worker'))

/** What a seed finds must not depend on how busy the machine is; the watch would be a seventh of a simulation, too. */
const NO_TIME_LIMIT = undefined

/** The SDK's own host of workflow code, in this thread: the same library and the same isolation as in a worker. */
export async function openWorkflowHost(activityNames: Iterable<string>): Promise<WorkflowHost> {
  const { ReusableVMWorkflowCreator } = requireOfSdk('./workflow/reusable-vm.js')
  const code = await bundleWorkflows()
  const filename = 'workflows.js'
  // Made by its constructor: `create` would also record the stack of every promise, for a query that nobody asks here.
  const creator: SdkCreator = new ReusableVMWorkflowCreator(
    new vm.Script(code, { filename }),
    { code, filename, sourceMap: { version: 3, sources: [], names: [], mappings: '' } },
    NO_TIME_LIMIT,
    new Set(activityNames),
  )
  return {
    async create(identity, nowMs) {
      const workflow = await creator.createWorkflow({
        info: infoOf(identity, nowMs),
        randomnessSeed: identity.seed,
        now: nowMs,
        showStackTraceSources: false,
        failureExceptionTypeNames: [],
      })
      return {
        async activate(jobs, atMs, replayOf) {
          const completion = await workflow.activate({
            runId: identity.runId,
            timestamp: timestamp(atMs),
            isReplaying: replayOf !== undefined,
            historyLength: 1,
            availableInternalFlags: replayOf?.flags ?? [],
            jobs,
          })
          await workflow.getAndResetSinkCalls()
          if (completion.successful)
            return { commands: completion.successful.commands, flags: completion.successful.usedInternalFlags }
          const { message, stackTrace } = completion.failed?.failure ?? {}
          return { failure: `${message}\n${stackTrace}` }
        },
        dispose: () => workflow.dispose(),
      }
    },
  }
}

function infoOf({ workflowId, runId, type, taskQueue, parent }: Identity, nowMs: number) {
  return {
    workflowId,
    runId,
    workflowType: type,
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
    taskQueue,
    namespace: 'default',
    ...(parent && { parent: { workflowId: parent.workflowId, runId: parent.runId, namespace: 'default' } }),
    firstExecutionRunId: runId,
    originalExecutionRunId: runId,
    startTime: new Date(nowMs),
    runStartTime: new Date(nowMs),
    taskTimeoutMs: 5_000,
    attempt: 1,
    historyLength: 1,
    historySize: 0,
    continueAsNewSuggested: false,
    unsafe: { now: () => nowMs, isReplaying: false, isReplayingHistoryEvents: false, random: Math.random },
  }
}

export const timestamp = (atMs: number) => msNumberToTs(atMs)

export const durationMs = (duration: { seconds?: unknown; nanos?: number } | null | undefined): number | undefined =>
  duration == null ? undefined : Number(duration.seconds ?? 0) * 1_000 + (duration.nanos ?? 0) / 1_000_000
