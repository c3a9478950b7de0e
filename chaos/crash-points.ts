import { activityInfo } from '@temporalio/activity'
import { WorkflowClient } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { type ActivityInterceptorsFactory, Worker } from '@temporalio/worker'
import pg from 'pg'
import { type Armed, armoryVariable, openArmory, type Place } from './crash-matrix/armory.ts'

/**
 * Loaded into an API or worker process before its own code, this stands around every effect the process has: activities,
 * SQL statements, calls to Temporal. Where it is told to, it holds the effect before or after and then kills the process,
 * so that a crash hits exactly there. The product has no hook for it and does not know.
 */

const folder = process.env[armoryVariable]
if (folder === undefined) throw new Error(`${armoryVariable} must name the folder of the crash points`)
const armory = openArmory(folder)

type Reached = {
  kind: 'activity' | 'statement' | 'temporal'
  name: string
  subjects: string[]
  attempt?: Place['attempt']
}

/** What this process is holding. */
const held = new Map<string, Armed>()
let firstHeldAtMs = 0
let watch: NodeJS.Timeout | undefined

async function around<T>(reached: Reached, act: () => Promise<T>): Promise<T> {
  await holdWhereArmed(reached, 'before')
  const result = await act()
  await holdWhereArmed(reached, 'after')
  return result
}

async function holdWhereArmed(reached: Reached, moment: Place['moment']): Promise<void> {
  const target = targetsOf(reached).find((armed) => armed.moment === moment && armed.attempt === reached.attempt)
  if (!target) return
  held.set(target.id, target)
  armory.hold(target.id)
  if (!watch) {
    firstHeldAtMs = Date.now()
    watch = setInterval(killOnceAllAreHeld, 5)
  }
  await new Promise<never>(() => {})
}

function targetsOf({ kind, name, subjects }: Reached): Armed[] {
  const { armed } = armory.orders()
  const candidates = armed.filter(({ id, step }) => !held.has(id) && isStep(step, kind, name))
  if (candidates.length === 0) return []
  const known = withAliases(subjects)
  return candidates.filter((each) => each.subjects.length === 0 || each.subjects.some((subject) => known.has(subject)))
}

function isStep(step: string, kind: Reached['kind'], name: string): boolean {
  if (!step.startsWith(`${kind} `)) return false
  const wanted = step.slice(kind.length + 1)
  return name === wanted || (kind === 'statement' && name.includes(' ') && name.includes(wanted))
}

function withAliases(subjects: string[]): Set<string> {
  const known = new Set<string>()
  for (const waiting = [...subjects]; waiting.length > 0; ) {
    const subject = waiting.pop() as string
    if (known.has(subject)) continue
    known.add(subject)
    const other = armory.aliasOf(subject)
    if (other !== undefined) waiting.push(other)
  }
  return known
}

/** One kill for all who are to be hit. Whoever does not come in time is hit by a later one. */
function killOnceAllAreHeld(): void {
  const { armed, holdMs } = armory.orders()
  if (!armed.every(({ id }) => armory.isHeld(id)) && Date.now() - firstHeldAtMs < holdMs) return
  for (const id of held.keys()) armory.fire(id, { pid: process.pid, atMs: Date.now() })
  process.kill(process.pid, 'SIGKILL')
}

const orderOf = (workflowId: string): string => workflowId.replace(/^(order|refund|return|replenishment)-/, '')

const aroundActivities: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      const { activityType, isLocal, workflowExecution } = activityInfo()
      const workflowId = workflowExecution?.workflowId ?? ''
      const { orderId = orderOf(workflowId), refundId } = (input.args[0] ?? {}) as {
        orderId?: string
        refundId?: string
      }
      const subjects = [workflowId, orderId, ...(refundId === undefined ? [] : [refundId])]
      const reached: Reached = {
        kind: 'activity',
        name: activityType,
        subjects,
        attempt: isLocal ? 'quick' : 'steady',
      }
      if (armory.isRefused(orderId, activityType))
        throw ApplicationFailure.nonRetryable('the other side does not do this', 'Refused')
      if (isLocal && targetsOf(reached).some(({ attempt }) => attempt === 'steady'))
        throw new Error('the quick attempts come to nothing, so that the regular one is reached')
      return around(reached, () => next(input))
    },
  },
})

const createWorker = Worker.create.bind(Worker)
Worker.create = (options) =>
  createWorker({
    ...options,
    interceptors: {
      ...options.interceptors,
      // Last, which is nearest to the effect.
      activity: [...(options.interceptors?.activity ?? []), aroundActivities],
    },
  })

// oxlint-disable-next-line typescript/unbound-method -- both are called with the client they were asked of
const { start, getHandle, executeUpdateWithStart, signalWithStart } = WorkflowClient.prototype
WorkflowClient.prototype.start = function (this: WorkflowClient, ...[type, options]: Parameters<typeof start>) {
  const { workflowId } = options
  return around({ kind: 'temporal', name: 'start', subjects: [workflowId, orderOf(workflowId)] }, () =>
    start.call(this, type, options),
  )
} as typeof start
WorkflowClient.prototype.signalWithStart = function (
  this: WorkflowClient,
  ...[type, options]: Parameters<typeof signalWithStart>
) {
  const { workflowId } = options
  return around({ kind: 'temporal', name: 'signal-with-start', subjects: [workflowId, orderOf(workflowId)] }, () =>
    signalWithStart.call(this, type, options),
  )
} as typeof signalWithStart
WorkflowClient.prototype.executeUpdateWithStart = function (
  this: WorkflowClient,
  ...[update, options]: Parameters<typeof executeUpdateWithStart>
) {
  const { workflowId } = options.startWorkflowOperation.options
  return around({ kind: 'temporal', name: 'update-with-start', subjects: [workflowId, orderOf(workflowId)] }, () =>
    executeUpdateWithStart.call(this, update, options),
  )
} as typeof executeUpdateWithStart
WorkflowClient.prototype.getHandle = function (
  this: WorkflowClient,
  ...[workflowId, ...rest]: Parameters<typeof getHandle>
) {
  const handle = getHandle.call(this, workflowId, ...rest)
  const subjects = [workflowId, orderOf(workflowId)]
  const executeUpdate = handle.executeUpdate.bind(handle)
  const signal = handle.signal.bind(handle)
  return Object.assign(handle, {
    executeUpdate: (...args: Parameters<typeof executeUpdate>) =>
      around({ kind: 'temporal', name: 'update', subjects }, () => executeUpdate(...args)),
    signal: (...args: Parameters<typeof signal>) =>
      around({ kind: 'temporal', name: 'signal', subjects }, () => signal(...args)),
  }) as ReturnType<typeof getHandle>
} as typeof getHandle

type Query = (...args: unknown[]) => Promise<unknown>

for (const prototype of [pg.Pool.prototype, pg.Client.prototype] as unknown as { query: Query }[]) {
  const { query } = prototype
  prototype.query = function (this: unknown, ...args: unknown[]) {
    // With a callback it is the pool's own use of a connection, whose statement has come by here already.
    if (typeof args.at(-1) === 'function') return query.apply(this, args)
    return around(statementOf(args), () => query.apply(this, args))
  }
}

function statementOf([config, positional]: unknown[]): Reached {
  const { name, text, values } = (
    typeof config === 'string' ? { text: config, values: positional } : (config ?? {})
  ) as { name?: string; text?: string; values?: unknown[] }
  const words = [values ?? []].flat(2).filter((value): value is string => typeof value === 'string' && value !== '')
  const statement = name ?? (text ?? '').replaceAll(/\s+/g, ' ').trim()
  noteAliases(statement, words)
  // An event is named after what it happened to: `ord_…:order.paid`.
  return { kind: 'statement', name: statement, subjects: words.flatMap((word) => [word, word.replace(/:.*$/, '')]) }
}

/** Whoever is the first to know both names of an order, a refund or a notice. */
function noteAliases(statement: string, words: string[]): void {
  if (statement === 'record-checkout') {
    const [key, orderId] = [words[2], words.find((word) => word.startsWith('ord_'))]
    if (key !== undefined && orderId !== undefined) armory.alias(orderId, key)
  }
  if (statement === 'claim-key') {
    const [key, resourceId] = [words[2], words[3]]
    if (key !== undefined && resourceId !== undefined && /^(re|ret|po)_/.test(resourceId)) armory.alias(resourceId, key)
  }
  if (statement === 'hold-rest') {
    const [orderId, refundId] = words
    if (orderId !== undefined && refundId !== undefined) armory.alias(refundId, orderId)
  }
  if (statement.startsWith('insert into payment_notices')) {
    const [noticeId, , orderId] = words
    if (noticeId !== undefined && orderId !== undefined) armory.alias(noticeId, orderId)
  }
}
