import { resolve } from 'node:path'
import { playPaidOrder } from '../cli/demo.ts'
import { announceRunning } from './already-running.ts'
import { type Listener, outputOf, startDetached } from './detach.ts'
import { explain, inOneSentence, StackProblem } from './failure.ts'
import { type OpenStack, openStack } from './open-stack.ts'
import { readStartOptions, type StartOptions } from './options.ts'
import { elapsed } from './progress.ts'
import type { StackFile } from './stack-file.ts'
import { dropStateFolder, logFileIn } from './state-folder.ts'
import { supervisorOf } from './supervisor-record.ts'

const out = outputOf(process.env)

try {
  const code = await start(process.argv.slice(2))
  process.exit(process.exitCode ?? code) // idle connections would keep it for seconds
} catch (failure) {
  fail(failure)
}

async function start(args: string[]): Promise<number> {
  const options = readStartOptions(args)
  if (supervisorOf(options.dataDir) !== undefined) return announceRunning(options, out.onLine)
  if (options.detach) return startDetached(args, out)
  if (options.fresh && dropStateFolder(options.dataDir)) out.onLine(`  dropped the state in ${options.dataDir}`)
  return serveUntilStopped(options, out)
}

async function serveUntilStopped(options: StartOptions, out: Listener): Promise<number> {
  const since = Date.now()
  const stopping = new AbortController()
  const stopped = listenForStop(stopping, out)
  let stack: OpenStack
  try {
    stack = await openStack({ ...options, ...out, ports: 'well-known', signal: stopping.signal })
  } catch (failure) {
    if (!stopping.signal.aborted) throw failure
    out.onLine('Stopped before it was ready; nothing is left running.')
    return 0
  }
  out.onLine('')
  out.onLine(`Holdfast is ready (${elapsed(since)}).`)
  for (const line of whereEverythingIs(stack.stack, options)) out.onLine(line)
  if (options.demo && !stopping.signal.aborted) await playDemo(stack.stack, out)
  out.ready()

  const why = await stopped
  const stoppingSince = Date.now()
  out.onLine(`${why}: stopping everything`)
  await stack.stop()
  out.onLine(`Stopped (${elapsed(stoppingSince)}). The state is kept in ${options.dataDir}.`)
  return 0
}

function listenForStop(stopping: AbortController, out: Listener): Promise<string> {
  return new Promise((resolve) => {
    const stop = (why: string) => {
      if (stopping.signal.aborted) return // a terminal and npm may both pass the same Ctrl-C on
      stopping.abort()
      resolve(why)
    }
    process.on('SIGINT', () => stop('Ctrl-C'))
    process.on('SIGTERM', () => stop('Asked to stop'))
    process.on('SIGHUP', () => stop('The terminal was closed'))
    for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(kind, (failure: unknown) => {
        out.onLine(`! Something unexpected happened in the supervisor: ${inOneSentence(failure)}`)
        process.exitCode = 1
        stop('Because of that')
      })
    }
  })
}

async function playDemo(stack: StackFile, { onLine }: Listener): Promise<void> {
  onLine('')
  try {
    await playPaidOrder({ api: stack.api, admin: stack.admin, temporal: stack.temporal, print: onLine })
  } catch (failure) {
    onLine(`! The demo order did not go through: ${inOneSentence(failure)}`)
  }
}

function whereEverythingIs(stack: StackFile, { dataDir, detach }: StartOptions): string[] {
  const places: Array<[string, string | undefined]> = [
    ['API', `${stack.api}   documentation: ${stack.api}/docs`],
    ['Temporal Web UI', stack.temporal.ui],
    ['Temporal', `${stack.temporal.address}, namespace ${stack.temporal.namespace}`],
    ['temporal CLI', stack.temporal.cli],
    ['Payment gateway', `${stack.gateway}   its ledger: ${stack.gateway}/v1/ledger`],
    ['Supplier', stack.supplier && `${stack.supplier}   its orders: ${stack.supplier}/v1/orders`],
    ['PostgreSQL', stack.postgres],
    ['Redis', stack.redis],
    ['OpenSearch', stack.opensearch],
    ['Administrator', `${stack.admin.email}   password: ${stack.admin.password}`],
    ['State and logs', `${dataDir}   ${logFileIn(dataDir, '*')}`],
  ]
  const isDetached = detach || process.env.HOLDFAST_DETACHED === 'true'
  return [
    ...places.flatMap(([name, place]) => (place ? [`  ${name.padEnd(16)} ${place}`] : [])),
    isDetached
      ? `  npm run stop${dataDir === resolve('.holdfast') ? '' : ` -- --data ${dataDir}`} ends it.`
      : '  Ctrl-C stops everything.',
  ]
}

function fail(failure: unknown): void {
  for (const line of explain(failure)) out.onLine(line)
  if (!(failure instanceof StackProblem)) out.detail(failure)
  out.failed()
  process.exit(1)
}
