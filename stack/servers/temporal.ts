import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inOneSentence, StackProblem } from '../failure.ts'
import type { Site } from '../site.ts'
import { brokenState } from '../state-folder.ts'
import type { Supervised } from '../supervisor.ts'
import { describeNamespace, keepFinishedWorkflows } from './temporal-namespace.ts'
import { resolveTemporal } from './temporal-program.ts'
import { registerSearchAttributes, type SearchAttributeTypes } from './temporal-search-attributes.ts'

export type Temporal = { address: string; namespace: string; ui?: string; cli?: string; process?: Supervised }
export type TemporalOptions = { searchAttributes?: SearchAttributeTypes }

/** One machine has no use for the spread of a task queue over several matching nodes. */
const oneNode = ['matching.numTaskqueueReadPartitions=1', 'matching.numTaskqueueWritePartitions=1']

/** A write-ahead log with a sync at each commit: as durable as the default journal, with one sync in place of three. */
const pragmas = ['journal_mode=wal', 'synchronous=full', 'busy_timeout=10000']

export async function startTemporal(site: Site, { searchAttributes = {} }: TemporalOptions = {}): Promise<Temporal> {
  const namespace = site.environment.TEMPORAL_NAMESPACE || 'default'
  let temporal: Temporal | undefined
  await site.report.step('Temporal', async (say) => {
    const given = site.environment.TEMPORAL_ADDRESS
    if (given) {
      temporal = await useGiven(site, given, namespace)
      await registerSearchAttributes(given, namespace, searchAttributes)
      return `✓ Temporal at ${given}, from TEMPORAL_ADDRESS`
    }
    const program = await resolveTemporal(site, say)
    say('starting')
    temporal = await startServer(site, program.file, namespace, searchAttributes)
    return `✓ Temporal at ${temporal.address}, ${program.from}`
  })
  return temporal as unknown as Temporal
}

async function useGiven(site: Site, address: string, namespace: string): Promise<Temporal> {
  try {
    await describeNamespace(address, namespace)
  } catch (error) {
    throw new StackProblem(`TEMPORAL_ADDRESS is set, but Temporal does not answer there: ${inOneSentence(error)}`, {
      advice: `Start that server, make its namespace "${namespace}", or unset TEMPORAL_ADDRESS to let npm start bring its own.`,
    })
  }
  const ui = site.environment.TEMPORAL_UI
  return { address, namespace, ...(ui && { ui }) }
}

async function startServer(
  site: Site,
  cli: string,
  namespace: string,
  searchAttributes: SearchAttributeTypes,
): Promise<Temporal> {
  const folder = join(site.dataDir, 'temporal')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = join(folder, 'temporal.db')
  const isMade = join(folder, 'made')
  setAsideUnfinished(database, isMade)
  if (existsSync(isMade) && !existsSync(database)) {
    throw brokenState(`Temporal's database ${database} is gone, and with it what every order in flight was doing`)
  }
  checkDatabase(database)
  const port = await site.port(7233, 'Temporal')
  const uiPort = await site.port(8233, "Temporal's Web UI")
  const address = `127.0.0.1:${port}`
  const process = await site.run({
    name: 'temporal',
    roles: ['temporal'],
    command: cli,
    args: [
      ...`server start-dev --ip 127.0.0.1 --port ${port} --ui-port ${uiPort} --log-level warn --log-format json`.split(
        ' ',
      ),
      '--db-filename',
      database,
      '--namespace',
      namespace,
      ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
      ...oneNode.flatMap((setting) => ['--dynamic-config-value', setting]),
      ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ],
    verify: () => describeNamespace(address, namespace),
    readyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 15_000,
    advice: `Read its log for the reason; when ${database} is damaged, put it back from a copy or use --fresh.`,
  })
  await registerSearchAttributes(address, namespace, searchAttributes)
  await keepFinishedWorkflows(address, namespace)
  writeFileSync(isMade, '')
  return { address, namespace, ui: `http://127.0.0.1:${uiPort}`, cli, process }
}

/** A first start that was broken off leaves a database without all of its tables; no workflow has ever run in it. */
function setAsideUnfinished(database: string, isMade: string): void {
  if (existsSync(isMade)) return
  const aside = `unfinished-${Date.now()}`
  const files = ['', '-wal', '-shm', '-journal'].map((suffix) => `${database}${suffix}`)
  for (const file of files.filter(existsSync)) renameSync(file, `${file}.${aside}`)
}

function checkDatabase(database: string): void {
  if (!existsSync(database)) return
  const head = Buffer.alloc(16)
  try {
    const file = openSync(database, 'r')
    readSync(file, head)
    closeSync(file)
  } catch (error) {
    throw brokenState(`Temporal's database ${database} cannot be read: ${inOneSentence(error)}`)
  }
  if (head.toString('latin1') !== 'SQLite format 3\0') {
    throw brokenState(`Temporal's database ${database} is damaged: it is not a database file any more`)
  }
}
