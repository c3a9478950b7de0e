import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Toxiproxy } from 'toxiproxy-node-client'
import { isExecutable, onPath } from '../../stack/command.ts'
import { StackProblem } from '../../stack/failure.ts'
import { findGo, goInstall } from '../../stack/go-install.ts'
import { freePort } from '../../stack/ports.ts'
import type { Say } from '../../stack/progress.ts'
import { logFileIn, programCache } from '../../stack/state-folder.ts'

const module = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0'
const servesWithinMs = 10_000

export type ToxiproxyOptions = {
  /** For its log. */
  folder: string
  environment: NodeJS.ProcessEnv
  say?: Say
}

export type ToxiproxyServer = { api: Toxiproxy; pid: number; close(): Promise<void> }

/** Starts one of its own on a free port. Throws a StackProblem with the reason where it cannot be had. */
export async function startToxiproxy(options: ToxiproxyOptions): Promise<ToxiproxyServer> {
  const { folder, environment, say = () => undefined } = options
  mkdirSync(join(folder, 'logs'), { recursive: true })
  const program = await resolve({ folder, environment, say })
  const port = await freePort()
  const logFile = logFileIn(folder, 'toxiproxy')
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(program, ['-host', '127.0.0.1', '-port', String(port)], {
    env: { ...environment, LOG_LEVEL: 'error' },
    stdio: ['ignore', log, log],
    detached: true, // Ctrl-C is for us: while the shop is being stopped, its proxies must still be there
  })
  closeSync(log)
  const leave = () => child.kill('SIGKILL')
  process.once('exit', leave)
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  const api = new Toxiproxy(`http://127.0.0.1:${port}`)
  const close = async () => {
    process.removeListener('exit', leave)
    if (isRunning()) child.kill('SIGKILL') // it has nothing to keep
    await ended
  }

  for (const deadline = Date.now() + servesWithinMs; ; await sleep(20)) {
    const isServing = await api.getVersion().then(
      () => true,
      () => false,
    )
    if (isServing && isRunning()) return { api, pid: child.pid as number, close }
    if (isRunning() && Date.now() < deadline) continue
    await close()
    throw new StackProblem('toxiproxy does not serve', { advice: 'Its log tells the reason.', logFile })
  }
}

async function resolve({ folder, environment, say }: Required<ToxiproxyOptions>): Promise<string> {
  const installed = onPath('toxiproxy-server', environment)
  if (installed) return installed
  const cached = join(programCache(environment), 'bin', 'toxiproxy-server')
  if (isExecutable(cached)) return cached
  const go = findGo(environment)
  if (!go) {
    throw new StackProblem('this machine has neither toxiproxy nor Go to build it with', {
      advice: 'Install toxiproxy-server (or Go 1.23 or later) and put it on PATH.',
    })
  }
  const logFile = logFileIn(folder, 'install-toxiproxy')
  try {
    await goInstall(go, { module, target: cached, takes: 'about a minute', environment, logFile, say })
  } catch {
    throw new StackProblem(`toxiproxy could not be built (go install ${module})`, {
      advice: 'Check the network and the free disk space, then try again; or put toxiproxy-server on PATH.',
      logFile,
    })
  }
  return cached
}
