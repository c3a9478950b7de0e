import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inOneSentence } from '../stack/failure.ts'
import { withoutGivenServers } from '../stack/given-servers.ts'
import { type OpenStack, type OpenStackOptions, openStack } from '../stack/open-stack.ts'
import { createReport } from '../stack/progress.ts'
import { type Database, openDatabase } from '../store/database.ts'
import type { Fault, World } from './fault.ts'
import { prepareClocks } from './faults/clocks.ts'
import { prepareStorage } from './faults/disk.ts'
import { blockWhenTold } from './faults/freeze.ts'
import { type Network, openNetwork } from './network.ts'
import type { CheckRecord } from './record.ts'
import type { OpenScene, Scene } from './scenes/scene.ts'
import { withoutComparisons } from './without-comparisons.ts'

export type StageOptions = {
  /** The faults of this run: what none of them needs is not prepared. */
  wanted: readonly Fault[]
  withOpenSearch: boolean
  /** API and worker in one process, as `npm start` has them; else two of each. */
  together: boolean
  onLine: (line: string) => void
  /** What is being installed or started, again and again while it lasts. */
  onStatus: (status: string) => void
  environment: NodeJS.ProcessEnv
  /** Surroundings of their own, in place of the ordinary ones. */
  scene?: Scene
  /** Ends the run early. */
  signal?: AbortSignal
  /** For a test build of the product. */
  stack?: Partial<OpenStackOptions>
}

export type Stage = {
  world: World
  running: OpenStack
  database: Database
  network: Network | undefined
  /** The API's address for customers. */
  front: string
  /** What can happen in this scene only, and what it promises beside the rest. */
  faults: readonly Fault[]
  checks(): Promise<CheckRecord[]>
  close(): Promise<void>
}

/** The whole product on servers of its own, prepared for the faults that it is to meet. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { wanted, withOpenSearch, together, onStatus, scene } = options
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-chaos-'))
  const dataDir = join(folder, 'stack')
  mkdirSync(dataDir, { mode: 0o711 })
  const environment = withoutGivenServers(options.environment)
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })]
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each()
  }
  const wants = (kind: Fault['kind']) => wanted.some((fault) => fault.kind === kind)

  try {
    const network = wants('network') ? await networkOrReason(folder, { ...options, environment }) : undefined
    if (network) closers.push(() => network.close())
    const giveBack = wants('storage') && !scene ? await prepareStorage(dataDir) : undefined
    if (giveBack) closers.push(giveBack)
    const clocks = wants('clock') ? await prepareClocks(folder) : {}
    const { env, preload = [], ...others } = options.stack ?? {}
    const stackOptions: OpenStackOptions & { environment: NodeJS.ProcessEnv } = {
      dataDir,
      port: 0,
      environment,
      onStatus,
      restartsAtOnce: true,
      ...(options.signal && { signal: options.signal }),
      without: withOpenSearch ? [] : ['opensearch'],
      ...(together ? {} : { apiProcesses: 2, workers: 2 }),
      ...(network && { reach: (server, url) => network.reach(server, url) }),
      ...others,
      preload: [...(wanted.some(({ name }) => name === 'block-event-loop') ? [blockWhenTold] : []), ...preload],
      // Staff refund on their own here: whoever has to approve is a story of its own.
      env: {
        ...clocks,
        REFUND_APPROVAL_LIMIT: '1000000000',
        ...withoutComparisons,
        SUPPLIER_ANSWER_MS: '300',
        WEBHOOK_ALLOW_PRIVATE: 'yes',
        ...env,
      },
    }
    const opened = scene ? await scene.open(stackOptions) : await ordinary(stackOptions)
    closers.push(() => opened.close())
    const { running } = opened
    const { stack } = running
    const database = openDatabase({ url: stack.postgres, poolSize: 4, statementTimeoutMs: 120_000, onError: () => {} })
    closers.push(() => database.end())
    const front = network ? await network.front(stack.api) : stack.api
    return {
      world: { running, network, database, folder },
      running,
      database,
      network,
      front,
      faults: opened.faults,
      checks: async () => (await opened.checks?.()) ?? [],
      close,
    }
  } catch (failure) {
    await close()
    throw failure
  }
}

async function ordinary(options: OpenStackOptions): Promise<OpenScene> {
  const running = await openStack(options)
  return { running, faults: [], close: () => running.stop() }
}

async function networkOrReason(folder: string, { environment, onLine, onStatus }: StageOptions) {
  let network: Network | undefined
  try {
    await createReport({ onLine, onStatus }).step('toxiproxy', async (say) => {
      network = await openNetwork({ folder, environment, say })
      return undefined
    })
  } catch (failure) {
    onLine(`- no network faults: ${inOneSentence(failure)}`)
  }
  return network
}
