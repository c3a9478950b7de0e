import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { inOneSentence, StackProblem } from './failure.ts'
import { send } from './process-table.ts'
import { elapsed } from './progress.ts'
import type { Role } from './stack-file.ts'

export type ProcessPlan = {
  /** How it is named to people, and its place in the stack file; one process may hold several. */
  name: string
  roles: Role[]
  command: string
  args: string[]
  cwd: string
  env: NodeJS.ProcessEnv
  user?: { uid: number; gid: number } | undefined
  logFile: string
  /** A real round trip: it throws until the server truly serves. */
  verify: (started: Started) => Promise<unknown>
  readyWithinMs: number
  stopSignal: NodeJS.Signals
  stopWithinMs: number
  /** However often it dies: for those who kill it on purpose. */
  restartsAtOnce?: boolean | undefined
  /** Before each start, the first and every later one: what a dead predecessor left is cleared away. */
  beforeStart?: () => Promise<void>
  /** What to do when it does not come up. */
  advice: string
}

export type Started = { pid: number /** Where this start's words begin in the log file. */; logOffset: number }

export type Supervised = {
  name: string
  roles: Role[]
  /** Undefined while it is down. */
  pid(): number | undefined
  whenUp(withinMs?: number): Promise<number>
  /** Ends it without mercy; the supervisor starts it again. Answers with the pid that ended. */
  kill(signal?: NodeJS.Signals): Promise<number>
  /** Ends it and leaves it down until `resume`. */
  halt(signal?: NodeJS.Signals): Promise<void>
  resume(): Promise<number>
  stop(): Promise<void>
  /** The last resort of a process that is leaving: no waiting. */
  signalNow(): void
}

type Listener = { onLine: (line: string) => void; onChange: () => void }

const crashLoop = { deaths: 5, withinMs: 30_000, slowRetryMs: 15_000 }

/** Starts the process, answers once it serves, and from then on starts it again whenever it dies. */
export async function supervise(plan: ProcessPlan, { onLine, onChange }: Listener): Promise<Supervised> {
  let child: ChildProcess | undefined
  let state: 'starting' | 'up' | 'down' | 'halted' | 'stopped' = 'starting'
  let ended: Promise<void> = Promise.resolve()
  let interrupt = new AbortController()
  let deaths: number[] = []
  let upWaiters: Array<(pid: number) => void> = []
  const isWanted = () => state !== 'halted' && state !== 'stopped'

  await launch()
  rise()
  return {
    name: plan.name,
    roles: plan.roles,
    pid: () => (state === 'up' ? child?.pid : undefined),
    whenUp,
    async kill(signal = 'SIGKILL') {
      const pid = await whenUp()
      const gone = ended
      send(pid, signal)
      await gone
      return pid
    },
    async halt(signal = plan.stopSignal) {
      state = 'halted'
      await end(signal)
      onChange()
    },
    async resume() {
      if (state === 'halted') {
        state = 'down'
        interrupt = new AbortController()
        void bringBack()
      }
      return whenUp()
    },
    async stop() {
      state = 'stopped'
      await end(plan.stopSignal)
    },
    signalNow() {
      state = 'stopped'
      if (child?.pid) send(child.pid, plan.stopSignal)
    },
  }

  /** One start, up to the first round trip that works. */
  async function launch(): Promise<void> {
    await plan.beforeStart?.()
    if (!isWanted()) return
    const started = spawnInto(plan)
    child = started.child
    ended = started.ended
    try {
      await serving(plan, started)
    } catch (failure) {
      if (started.isRunning()) {
        send(started.pid, 'SIGKILL')
        await started.ended
      }
      throw failure
    }
    void started.ended.then(() => {
      if (child === started.child && isWanted()) void onDeath(started.howItEnded())
    })
  }

  async function onDeath(how: string) {
    state = 'down'
    onChange()
    onLine(`! ${plan.name} (process ${child?.pid}) ${how}; starting it again`)
    await bringBack()
  }

  async function bringBack() {
    const downSince = Date.now()
    let isToldOfLoop = false
    while (isWanted()) {
      deaths = plan.restartsAtOnce ? [] : [...deaths.filter((at) => at > Date.now() - crashLoop.withinMs), Date.now()]
      const isLoop = deaths.length >= crashLoop.deaths
      if (isLoop && !isToldOfLoop) {
        isToldOfLoop = true
        onLine(
          `! ${plan.name} died ${deaths.length} times in ${crashLoop.withinMs / 1000} s; trying every ` +
            `${crashLoop.slowRetryMs / 1000} s from now on. Its words are in ${plan.logFile}. ${plan.advice}`,
        )
      }
      await pause(isLoop ? crashLoop.slowRetryMs : backoffMs(deaths.length), interrupt.signal)
      if (!isWanted()) return
      try {
        await launch()
        if (!isWanted()) return
        rise()
        onLine(`✓ ${plan.name} is back as process ${child?.pid} (${elapsed(downSince)})`)
        return
      } catch (failure) {
        if (isWanted()) onLine(`! ${plan.name} did not come back yet: ${inOneSentence(failure)}`)
      }
    }
  }

  function rise() {
    state = 'up'
    onChange()
    const pid = child?.pid
    if (pid !== undefined) for (const tell of upWaiters.splice(0)) tell(pid)
  }

  async function end(signal: NodeJS.Signals) {
    interrupt.abort()
    const pid = child?.pid
    if (pid === undefined || child?.exitCode !== null || child.signalCode !== null) return
    send(pid, signal)
    const isGone = await within(ended, plan.stopWithinMs)
    if (!isGone) {
      onLine(`! ${plan.name} did not stop within ${plan.stopWithinMs / 1000} s; ending it`)
      send(pid, 'SIGKILL')
      await ended
    }
  }

  /** On a machine that is short of processor time OpenSearch alone takes more than a minute. */
  async function whenUp(withinMs = 180_000): Promise<number> {
    if (state === 'up' && child?.pid && child.exitCode === null && child.signalCode === null) return child.pid
    const up = new Promise<number>((resolve) => upWaiters.push(resolve))
    if (!(await within(up, withinMs))) throw new Error(`${plan.name} is not up after ${withinMs / 1000} s`)
    return up
  }
}

function spawnInto(plan: ProcessPlan) {
  const log = openSync(plan.logFile, 'a', 0o600)
  const logOffset = statSync(plan.logFile).size
  const child = spawn(plan.command, plan.args, {
    cwd: plan.cwd,
    env: plan.env,
    stdio: ['ignore', log, log],
    // Its own group: Ctrl-C in the terminal is for the supervisor, which stops everything in order.
    detached: true,
    ...(plan.user && { uid: plan.user.uid, gid: plan.user.gid }),
  })
  closeSync(log)
  let spawnFailure: Error | undefined
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      spawnFailure = error
      resolve()
    })
    child.once('exit', () => resolve())
  })
  return {
    child,
    ended,
    logOffset,
    pid: child.pid ?? -1,
    isRunning: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    howItEnded: () => {
      if (spawnFailure) return `could not be run: ${spawnFailure.message}`
      return child.signalCode ? `was ended by ${child.signalCode}` : `ended with code ${child.exitCode}`
    },
  }
}

async function serving(plan: ProcessPlan, started: ReturnType<typeof spawnInto>): Promise<void> {
  const deadline = Date.now() + plan.readyWithinMs
  const words = { advice: plan.advice, logFile: plan.logFile, logFrom: started.logOffset }
  let lastFailure: unknown
  for (let waitMs = 25; ; waitMs = Math.min(waitMs * 1.5, 500)) {
    await Promise.race([sleep(waitMs), started.ended])
    if (!started.isRunning()) {
      throw new StackProblem(`${plan.name} ${started.howItEnded()} before it served`, words)
    }
    try {
      await plan.verify(started)
      if (started.isRunning()) return // another process may have answered in its place
    } catch (failure) {
      if (failure instanceof StackProblem) throw failure
      lastFailure = failure
    }
    if (Date.now() > deadline) {
      const seconds = plan.readyWithinMs / 1000
      throw new StackProblem(`${plan.name} does not serve after ${seconds} s: ${inOneSentence(lastFailure)}`, words)
    }
  }
}

/** At once after the first death, then slower and slower. */
const backoffMs = (recentDeaths: number) => (recentDeaths <= 1 ? 0 : Math.min(250 * 2 ** (recentDeaths - 2), 5_000))

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined)

async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const timeOut = sleep(ms, false, { signal: timer.signal }).catch(() => false)
  try {
    return await Promise.race([work.then(() => true), timeOut])
  } finally {
    timer.abort()
  }
}
