import type { Scheduler } from '../scheduler.ts'
import type { ShopProcess } from '../shop.ts'
import type { ActivityOrder } from './attempts.ts'
import type { Failure } from './failures.ts'
import type { Command, Identity, Instance, Job } from './workflow-host.ts'

/** One activation and what the workflow answered: a history is a list of these. */
export type Turn = { jobs: Job[]; atMs: number; commands: string[]; flags: number[] }

export type UpdateOutcome = { completed: object } | { rejected: Failure } | { gone: true }

export type Update = {
  id: string
  job: Job
  state: 'admitted' | 'accepted' | 'done'
  outcome: PromiseWithResolvers<UpdateOutcome>
}

/** A workflow task: what a worker was given, and what it has answered so far. Nothing of it counts until it is committed. */
export type Task = {
  process: ShopProcess
  cached: Cached
  events: Job[]
  updates: Update[]
  turns: Turn[]
  commands: Command[]
  responses: Command[]
  isSent: boolean
  stopClocks: (() => void)[]
}

export type LocalActivity = {
  order: ActivityOrder
  attempt: number
  token: number
  scheduledMs: number
  stopBackoff: (() => void) | undefined
  stopClocks: (() => void)[]
}

/** A workflow in a worker's memory. */
export type Cached = {
  instance: Instance
  process: ShopProcess
  /** How much of the history it has seen: less than there is means that another worker went on. */
  turns: number
  locals: Map<number, LocalActivity>
  resolved: Job[]
  task: Task | undefined
}

export type RegularActivity = {
  order: ActivityOrder
  attempt: number
  token: number
  state: 'scheduled' | 'started' | 'waiting'
  isCancelRequested: boolean
  expiresMs: number
  last: Failure | undefined
  stopClocks: (() => void)[]
}

/** A workflow as the server knows it. */
export type Execution = {
  identity: Identity
  startedMs: number
  status: 'running' | 'completed' | 'cancelled' | 'failed'
  /** What it answered at its end. */
  result?: object
  history: Turn[]
  events: Job[]
  newUpdates: Update[]
  updates: Map<string, Update>
  task: Task | undefined
  isTaskOffered: boolean
  home: ShopProcess | undefined
  timers: Map<number, () => void>
  activities: Map<number, RegularActivity>
}

export type EngineDeps = {
  scheduler: Scheduler
  processes: ShopProcess[]
  /** Something that must never happen did. */
  violate: (what: string, subject: string) => void
}

export const isClosing = (command: Command): boolean =>
  'completeWorkflowExecution' in command || 'failWorkflowExecution' in command || 'cancelWorkflowExecution' in command

/** Commands as text, to compare a replay with what was. */
export const textOf = (command: Command): string =>
  JSON.stringify(command, (_, value: unknown) =>
    ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
      : value,
  )
