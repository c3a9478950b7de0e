import { existsSync, globSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, World } from '../fault.ts'
import { debianPackage } from '../programs/debian-package.ts'
import { between, pick } from '../random.ts'

const libraryPattern = '/usr/lib/*/faketime/libfaketimeMT.so.1'
const offsetVariable = 'FAKETIME_TIMESTAMP_FILE'
const forceWithinMs = 30_000

/**
 * What the API and the workers must be started with for their clocks to be moved later: the C library's clock, so that
 * the engine's native core is fooled like our own code. Timers go by the monotonic clock, as they do when somebody sets
 * the time of a machine. Empty where libfaketime cannot be had.
 */
export async function prepareClocks(folder: string): Promise<Record<string, string>> {
  const library = await debianPackage('faketime', folder, () => globSync(libraryPattern)[0])
  if (!library) return {}
  const offsetFile = join(folder, 'clock-offset')
  writeOffset(offsetFile, 0)
  return {
    LD_PRELOAD: library,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_CACHE_DURATION: '1',
    [offsetVariable]: offsetFile,
  }
}

export const clockFaults: Fault[] = [clockFault('clock-ahead', 1), clockFault('clock-back', -1)]

/** The servers keep the right time, so the shop's processes differ from them as one badly kept machine would. */
function clockFault(name: string, direction: 1 | -1): Fault {
  const isAhead = direction > 0
  return {
    name,
    kind: 'clock',
    expectation: isAhead
      ? 'Tokens run out at once and customers sign in again; no order is given up or charged for it.'
      : 'Tokens live longer; deadlines, holds and orders go by the clocks of the servers.',
    unavailable: async (world) =>
      offsetFileOf(world) === undefined
        ? "the shop's processes were started without libfaketime (Debian package faketime)"
        : undefined,
    async inject(world, random) {
      const offsetSeconds = direction * pick(random, [90, 3_600])
      const holdMs = between(random, 4_000, 10_000)
      const file = offsetFileOf(world) as string
      await moveClock(world, file, offsetSeconds)
      const minutes = Math.abs(offsetSeconds) / 60
      return {
        what: `clocks of the API and the workers ${minutes} minutes ${isAhead ? 'ahead' : 'back'}`,
        holdMs,
        heal: () => moveClock(world, file, 0),
      }
    },
  }
}

/** Answers when a process has been seen with the new time; each of them looks at the file once a second. */
async function moveClock({ running }: World, file: string, offsetSeconds: number): Promise<void> {
  writeOffset(file, offsetSeconds)
  for (const deadline = Date.now() + forceWithinMs; ; await sleep(200)) {
    const seen = await clockOf(running.stack.api).catch(() => undefined)
    if (seen !== undefined && Math.abs(seen - Date.now() - offsetSeconds * 1_000) < 5_000) return
    if (Date.now() > deadline) throw new Error(`the API's clock is not ${offsetSeconds} s off after 30 s`)
  }
}

async function clockOf(api: string): Promise<number> {
  const { headers } = await fetch(`${api}/health/live`, { signal: AbortSignal.timeout(1_000) })
  return Date.parse(headers.get('date') ?? '')
}

/** As libfaketime reads it; written aside first, because an empty file would stop whoever reads it just then. */
function writeOffset(file: string, seconds: number): void {
  writeFileSync(`${file}.draft`, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  renameSync(`${file}.draft`, file)
}

/** Where the API process looks for its offset, if it does. */
function offsetFileOf({ running }: World): string | undefined {
  const pid = running.stack.processes.find(({ role }) => role === 'api')?.pid
  const environmentFile = `/proc/${pid}/environ`
  if (!existsSync(environmentFile)) return undefined
  const environment = readFileSync(environmentFile, 'utf8').split('\0')
  return environment.find((entry) => entry.startsWith(`${offsetVariable}=`))?.slice(offsetVariable.length + 1)
}
