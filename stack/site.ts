import { appendFileSync, existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { endProcesses, findOrphans, stackMarker } from './process-table.ts'
import { freePort, holderOf, portNear } from './ports.ts'
import { createReport, type Report } from './progress.ts'
import { openSecrets, type Secrets } from './secrets.ts'
import { logFileIn, openStateFolder } from './state-folder.ts'
import { claimFolder } from './supervisor-record.ts'
import { readStackFile, removeStackFile, type Role, stackFileIn } from './stack-file.ts'
import { type ProcessPlan, type Supervised, supervise } from './supervisor.ts'

/** One state folder with the servers that run on it: everything is started through it and ends with it. */
export type Site = {
  dataDir: string
  secrets: Secrets
  report: Report
  /** Addresses given by the person who starts the stack; children get these too. */
  environment: NodeJS.ProcessEnv
  /** The well-known port of a server, or another one, which is said. */
  port(preferred: number, server: string): Promise<number>
  run(plan: ChildPlan): Promise<Supervised>
  processes: Supervised[]
  onChange(listener: () => void): void
  close(): Promise<void>
}

type ChildPlan = Omit<ProcessPlan, 'logFile' | 'cwd' | 'env'> & { cwd?: string; env?: NodeJS.ProcessEnv; log?: string }

export type SiteOptions = {
  dataDir: string
  /** Servers take their well-known ports when these are free, or always some free port. */
  ports?: 'well-known' | 'free'
  onLine?: (line: string) => void
  onStatus?: (status: string) => void
  environment?: NodeJS.ProcessEnv
  /** Whatever dies is started again at once, however often: for those who kill on purpose. */
  restartsAtOnce?: boolean
}

/** What npm, a test runner or a waiting start left in the environment. */
const notForChildren = /^(VITEST|npm_|NODE_CHANNEL_|NODE_ENV$|HOLDFAST_)/

/** Nobody loses a server it still needs. */
const stopOrder: Role[] = ['api', 'worker', 'gateway', 'supplier', 'opensearch', 'redis', 'temporal', 'postgres']

export async function openSite(options: SiteOptions): Promise<Site> {
  const { ports = 'free', environment = process.env } = options
  const dataDir = openStateFolder(options.dataDir)
  const release = claimFolder(dataDir)
  const stackLog = logFileIn(dataDir, 'stack')
  const log = (line: string) => appendFileSync(stackLog, `${new Date().toISOString()} ${line}\n`)
  const onLine = (line: string) => {
    log(line)
    options.onLine?.(line)
  }
  // What a start that is being broken off still has to say is for the log.
  const report = createReport({
    onLine: (line) => (closing ? log(line) : onLine(line)),
    onStatus: options.onStatus && ((status) => options.onStatus?.(closing ? '' : status)),
  })
  const listeners: Array<() => void> = []
  const processes: Supervised[] = []
  let closing: Promise<void> | undefined

  try {
    await clearOrphans(dataDir, onLine)
    forgetEarlierStack(dataDir, onLine)
    const secrets = openSecrets(dataDir)
    process.once('exit', leave)
    return {
      dataDir,
      secrets,
      report,
      environment,
      processes,
      port,
      run,
      onChange: (listener) => listeners.push(listener),
      close,
    }
  } catch (failure) {
    release()
    throw failure
  }

  async function port(preferred: number, server: string): Promise<number> {
    if (ports === 'free') return freePort()
    const chosen = await portNear(preferred)
    if (chosen !== preferred) {
      const holder = holderOf(preferred)
      onLine(`  port ${preferred} is taken${holder ? ` by ${holder}` : ''}; ${server} listens on ${chosen}`)
    }
    return chosen
  }

  async function run({ cwd = dataDir, env, log: logName, ...plan }: ChildPlan): Promise<Supervised> {
    if (closing) throw new Error(`${plan.name} is not started any more: the stack is stopping`)
    const tell = () => listeners.forEach((listener) => listener())
    const supervised = await supervise(
      {
        ...plan,
        cwd,
        env: childEnvironment(env),
        logFile: logFileIn(dataDir, logName ?? plan.name),
        restartsAtOnce: options.restartsAtOnce,
      },
      { onLine, onChange: tell },
    )
    processes.push(supervised)
    if (closing) await supervised.stop()
    else tell()
    return supervised
  }

  function childEnvironment(env: NodeJS.ProcessEnv = {}) {
    const inherited = Object.entries(environment).filter(([name]) => !notForChildren.test(name))
    return { ...Object.fromEntries(inherited), ...env, [stackMarker]: dataDir }
  }

  async function close() {
    closing ??= stopInOrder()
    await closing
    // A start that was broken off may have left one that was just being launched.
    await endProcesses(orphansOf(dataDir), { graceMs: 5_000 })
    process.removeListener('exit', leave)
    release()
  }

  async function stopInOrder() {
    for (const role of stopOrder) {
      await Promise.all(processes.filter(({ roles }) => roles.includes(role)).map((each) => each.stop()))
    }
  }

  function leave() {
    for (const supervised of processes) supervised.signalNow()
  }
}

/** The file means a ready stack, so it is not there while one is starting. */
function forgetEarlierStack(dataDir: string, onLine: (line: string) => void) {
  const earlier = readStackFile(dataDir)
  if ('broken' in earlier) {
    onLine(`! ${stackFileIn(dataDir)} cannot be read (${earlier.broken}); it is written anew when the stack is ready`)
  }
  removeStackFile(dataDir)
}

async function clearOrphans(dataDir: string, onLine: (line: string) => void) {
  const orphans = orphansOf(dataDir)
  if (orphans.length === 0) return
  onLine(`! an earlier stack on ${dataDir} ended without stopping its ${orphans.length} processes; ending them`)
  await endProcesses(orphans)
}

/** What an earlier supervisor of this state folder left running. */
export const orphansOf = (dataDir: string) => [...new Set(foldersOf(realpathSync(dataDir)).flatMap(findOrphans))]

/** The state folder, and where links lead to because the servers' user cannot enter it. */
const foldersOf = (dataDir: string) => [
  dataDir,
  ...['postgres', 'opensearch']
    .map((name) => join(dataDir, name))
    .filter((folder) => existsSync(folder))
    .map((folder) => realpathSync(folder)),
]
