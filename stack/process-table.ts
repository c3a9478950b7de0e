import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Every process of a stack carries its state folder in this variable, so that a later start knows its own orphans. */
export const stackMarker = 'HOLDFAST_STACK'

/** A pid comes back in use; a pid with its start time does not. */
export function identityOf(pid: number): string | undefined {
  if (!existsSync('/proc/self/stat')) return startTimeFromPs(pid)
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isZombie = afterName[0] === 'Z'
  return isZombie ? undefined : `${pid}@${afterName[19]}`
}

export const isAlive = (pid: number) => identityOf(pid) !== undefined

function startTimeFromPs(pid: number): string | undefined {
  try {
    return `${pid}@${execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()}`
  } catch {
    return undefined
  }
}

/** Processes that an earlier supervisor of this state folder left behind. */
export function findOrphans(dataDir: string): number[] {
  return runningPids().filter((pid) => pid !== process.pid && belongsTo(pid, dataDir))
}

function belongsTo(pid: number, dataDir: string): boolean {
  const environment = read(`/proc/${pid}/environ`)?.split('\0') ?? []
  if (environment.includes(`${stackMarker}=${dataDir}`)) return isAlive(pid)
  // These rewrite their title over their environment; they stand in their data folder instead.
  const program = read(`/proc/${pid}/comm`)?.trim() ?? ''
  return /^(postgres|redis-server)$/.test(program) && processesIn(dataDir, [pid]).length > 0
}

/** Processes whose working folder is this one or below it. */
export function processesIn(folder: string, among: number[] = runningPids()): number[] {
  return among.filter((pid) => {
    const standsIn = link(`/proc/${pid}/cwd`)
    return standsIn !== undefined && `${standsIn}/`.startsWith(`${folder}/`) && isAlive(pid)
  })
}

/** Ends processes politely, then for certain; answers when they are gone. */
export async function endProcesses(
  pids: number[],
  { signal = 'SIGTERM', graceMs = 10_000 }: { signal?: NodeJS.Signals; graceMs?: number } = {},
): Promise<void> {
  const known = pids.map((pid) => ({ pid, identity: identityOf(pid) })).filter(({ identity }) => identity)
  const remaining = () => known.filter(({ pid, identity }) => identityOf(pid) === identity)
  for (const { pid } of remaining()) send(pid, signal)
  const deadline = Date.now() + graceMs
  while (remaining().length > 0 && Date.now() < deadline) await sleep(50)
  for (const { pid } of remaining()) send(pid, 'SIGKILL')
  const lastCall = Date.now() + 5_000
  while (remaining().length > 0 && Date.now() < lastCall) await sleep(50)
}

export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // gone already
  }
}

const runningPids = () => (existsSync('/proc/self') ? readdirSync('/proc').filter(isNumber).map(Number) : [])

const isNumber = (name: string) => /^\d+$/.test(name)

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function link(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}
