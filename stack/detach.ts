import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readStartOptions } from './options.ts'
import { screenOf } from './progress.ts'
import { logFileIn, openStateFolder } from './state-folder.ts'

/** Where a start says how it goes. */
export type Listener = {
  onLine: (line: string) => void
  onStatus?: (status: string) => void
  ready(): void
  failed(): void
  /** For the log alone: what helps a programmer and nobody else. */
  detail(failure: unknown): void
}

type Message = { line: string } | { status: string } | { outcome: 'ready' | 'failed' }

/** The terminal, or for a detached supervisor the start that waits for it, as long as it does. */
export function outputOf(environment: NodeJS.ProcessEnv): Listener {
  const detail = (failure: unknown) => {
    try {
      const { dataDir } = readStartOptions(process.argv.slice(2))
      appendFileSync(logFileIn(dataDir, 'stack'), `${failure instanceof Error ? failure.stack : String(failure)}\n`)
    } catch {
      // no state folder, no log
    }
  }
  if (environment.HOLDFAST_DETACHED !== 'true') {
    return { ...screenOf(process.stdout), ready: () => undefined, failed: () => undefined, detail }
  }
  const tell = (message: Message) => void (process.connected && process.send?.(message, () => undefined))
  return {
    onLine: (line) => tell({ line }),
    onStatus: (status) => tell({ status }),
    ready: () => tell({ outcome: 'ready' }),
    failed: () => tell({ outcome: 'failed' }),
    detail,
  }
}

/** Runs the same start as a process of its own, shows what it says, and leaves it alone once it is ready. */
export async function startDetached(args: string[], out: Listener): Promise<number> {
  const log = openSync(logFileIn(openDataDir(args), 'supervisor'), 'a', 0o600)
  const supervisor = spawn(
    process.execPath,
    [fileURLToPath(new URL('start.ts', import.meta.url)), ...withoutDetach(args)],
    {
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...process.env, HOLDFAST_DETACHED: 'true' },
    },
  )
  closeSync(log)
  const passOn = (signal: NodeJS.Signals) => void supervisor.kill(signal)
  process.on('SIGINT', passOn).on('SIGTERM', passOn)

  const outcome = await new Promise<'ready' | 'failed' | 'ended'>((resolve) => {
    supervisor.on('message', (message: Message) => {
      if ('line' in message) out.onLine(message.line)
      else if ('status' in message) out.onStatus?.(message.status)
      else resolve(message.outcome)
    })
    supervisor.once('exit', () => resolve('ended'))
    supervisor.once('error', () => resolve('ended'))
  })
  out.onStatus?.('')
  if (outcome === 'ended')
    out.onLine('✗ The stack ended before it was ready; see stack.log and supervisor.log in its logs folder.')
  if (supervisor.connected) supervisor.disconnect()
  supervisor.unref()
  return outcome === 'ready' ? 0 : 1
}

/** Dropping the state first is the supervisor's work; its logs folder may go with it and come again. */
const openDataDir = (args: string[]) => openStateFolder(readStartOptions(args).dataDir)

const withoutDetach = (args: string[]) => args.filter((arg) => arg !== '--detach')
