import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { StackProblem } from '../failure.ts'
import { listensOn } from '../ports.ts'
import type { Site } from '../site.ts'
import { logFileIn } from '../state-folder.ts'
import type { Started, Supervised } from '../supervisor.ts'
import { healthy, projectFolder } from './gateway.ts'

export type ShopOptions = {
  port: number
  /** Without numbers, one process hosts both. */
  apiProcesses?: number | undefined
  workers?: number | undefined
  /** Modules that each process loads before its own code. */
  preload?: string[] | undefined
  /** Every address and secret, in the names of the processes' own configuration. */
  env: NodeJS.ProcessEnv
}

/** Starts the API and the workers: our own processes, on top of all the servers. */
export async function startShop(site: Site, options: ShopOptions): Promise<Supervised[]> {
  const { port, env, preload = [], apiProcesses, workers } = options
  const nodeOptions = [...forWorkflows, ...preload.flatMap((file) => ['--import', file])]
  const isOneProcess = apiProcesses === undefined && workers === undefined
  const apis = apiProcesses ?? 1
  let started: Supervised[] = []
  await site.report.step('API and worker', async () => {
    const starts = isOneProcess
      ? [
          startApi(site, {
            name: 'api',
            port,
            env: { ...env, HOST_WORKER: 'true' },
            roles: ['api', 'worker'],
            nodeOptions,
          }),
        ]
      : [
          ...numbered('worker', workers ?? 1).map((name) => startWorker(site, { name, env, nodeOptions })),
          ...numbered('api', apis).map((name) => {
            const apart = { ...env, HOST_WORKER: 'false', REUSE_PORT: String(apis > 1) }
            return startApi(site, { name, port, env: apart, roles: ['api'], nodeOptions })
          }),
        ]
    started = await Promise.all(starts)
    const processes = isOneProcess ? 'one process' : `${apis} API and ${workers ?? 1} worker processes`
    return `✓ API and worker at 127.0.0.1:${port}, ${processes}`
  })
  return started
}

type WorkerOptions = { name: string; env: NodeJS.ProcessEnv; nodeOptions: string[] }
type ApiOptions = WorkerOptions & { port: number; roles: Supervised['roles'] }

function startApi(site: Site, { name, port, env, roles, nodeOptions }: ApiOptions): Promise<Supervised> {
  return site.run({
    ...ours(name),
    roles,
    args: [...nodeOptions, join(projectFolder, 'api/server.ts')],
    env: { ...env, PORT: String(port) },
    verify: async ({ pid }) => {
      if (!listensOn(pid, port)) throw new Error('it does not listen yet')
      await healthy(`http://127.0.0.1:${port}`, '/health/ready')
    },
  })
}

function startWorker(site: Site, { name, env, nodeOptions }: WorkerOptions): Promise<Supervised> {
  const log = logFileIn(site.dataDir, name)
  return site.run({
    ...ours(name),
    roles: ['worker'],
    args: [...nodeOptions, join(projectFolder, 'workers/commerce.ts')],
    env,
    verify: async (start) => {
      if (!saysReady(log, start)) throw new Error('it has not said that it is ready')
    },
  })
}

/** Fewer collections of short-lived objects, and workflow threads that keep no stack of every promise. */
const forWorkflows = ['--max-semi-space-size=32', '--import', join(projectFolder, 'workers/lean-promises.mjs')]

const ours = (name: string) => ({
  name,
  command: process.execPath,
  cwd: projectFolder,
  readyWithinMs: 60_000,
  stopSignal: 'SIGTERM' as const,
  stopWithinMs: 40_000, // an order's step in flight is finished first
  advice: 'Its log tells the reason. npm run verify finds mistakes in the code.',
})

function saysReady(log: string, { logOffset }: Started): boolean {
  const file = openSync(log, 'r')
  try {
    const buffer = Buffer.alloc(65_536)
    const length = readSync(file, buffer, 0, buffer.length, logOffset)
    return /"ready"\s*:\s*true/.test(buffer.toString('utf8', 0, length))
  } finally {
    closeSync(file)
  }
}

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => (count === 1 ? name : `${name}-${index + 1}`))

export const portIsTaken = (port: number, holder: string | undefined) =>
  new StackProblem(`Port ${port}, on which the API should listen, is taken${holder ? ` by ${holder}` : ''}`, {
    advice: `Stop that program, or choose another port: npm start -- --port ${port + 1}`,
  })
