import { chownSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onPath } from '../command.ts'
import { inOneSentence } from '../failure.ts'
import { programFolder, type ServerUser, serverFolder, serverUser } from '../run-as.ts'
import type { Say } from '../progress.ts'
import type { Site } from '../site.ts'
import type { Supervised } from '../supervisor.ts'
import { findJava } from './java.ts'
import { type OpenSearchProgram, openSearchVersion, resolveOpenSearch } from './opensearch-program.ts'

export type OpenSearch = { url: string; process?: Supervised }

/** Where it will answer, known before it does: it takes long to come up, and the shop does not wait for it. */
export type PlannedOpenSearch = { url: string; start(): Promise<OpenSearch | undefined> }

const without = 'search uses PostgreSQL instead; everything works, with plainer ranking'

/** Undefined when it cannot be had: OpenSearch is an accelerator, and the shop goes on without it. */
export async function planOpenSearch(site: Site): Promise<PlannedOpenSearch | undefined> {
  const given = site.environment.OPENSEARCH_URL
  if (given) return useGiven(site, given)
  let plan: PlannedOpenSearch | undefined
  await orWithout(site, async (say) => {
    const java = findJava(site.environment)
    if (!java) throw new Error('it needs a JDK, version 21 or later, and none was found')
    const program = await resolveOpenSearch(site, java, say)
    const place = {
      port: await site.port(9200, 'OpenSearch'),
      transportPort: await site.port(9300, "OpenSearch's transport"),
      user: serverUser(),
    }
    plan = { url: `http://127.0.0.1:${place.port}`, start: () => start(site, program, java, place) }
  })
  return plan
}

export async function startOpenSearch(site: Site): Promise<OpenSearch | undefined> {
  return (await planOpenSearch(site))?.start()
}

async function useGiven(site: Site, url: string): Promise<PlannedOpenSearch | undefined> {
  let isThere = false
  await orWithout(site, async () => {
    await roundTrip(url).catch(() => {
      throw new Error('OPENSEARCH_URL is set, but no OpenSearch answers there')
    })
    isThere = true
    return `✓ OpenSearch at ${new URL(url).host}, from OPENSEARCH_URL`
  })
  return isThere ? { url, start: async () => ({ url }) } : undefined
}

async function start(site: Site, program: OpenSearchProgram, java: string, place: Place) {
  let openSearch: OpenSearch | undefined
  await orWithout(site, async (say) => {
    say('starting, about 12 s')
    openSearch = await startServer(site, program.folder, java, place)
    return `✓ OpenSearch ${openSearchVersion} at ${new URL(openSearch.url).host}, ${program.from}`
  })
  return openSearch
}

async function orWithout(site: Site, work: (say: Say) => Promise<string | undefined | void>) {
  await site.report.step('OpenSearch', async (say) => {
    try {
      return (await work(say)) ?? undefined
    } catch (failure) {
      return `- OpenSearch is not used (${inOneSentence(failure)}): ${without}`
    }
  })
}

async function startServer(site: Site, cached: string, java: string, place: Place): Promise<OpenSearch> {
  const { port, user } = place
  const program = programFolder(cached, `opensearch-${openSearchVersion}`, user)
  const folder = serverFolder(site.dataDir, 'opensearch', user)
  writeSettings(program, folder, place)
  const url = `http://127.0.0.1:${port}`
  const process = await site.run({
    name: 'opensearch',
    roles: ['opensearch'],
    command: onPath('bash', site.environment) ?? '/bin/bash',
    args: [join(program, 'bin', 'opensearch')],
    cwd: folder,
    user,
    env: {
      OPENSEARCH_JAVA_HOME: java,
      OPENSEARCH_PATH_CONF: join(folder, 'config'),
      OPENSEARCH_JAVA_OPTS: '-Xms512m -Xmx512m',
      OPENSEARCH_TMPDIR: join(folder, 'tmp'),
      HOME: folder,
    },
    verify: () => roundTrip(url),
    readyWithinMs: 120_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
    advice: `The shop goes on without it. When ${folder} is damaged it may be deleted: the index is made from PostgreSQL.`,
  })
  return { url, process }
}

type Place = { port: number; transportPort: number; user: ServerUser | undefined }

function writeSettings(program: string, folder: string, { port, transportPort, user }: Place): void {
  const config = join(folder, 'config')
  cpSync(join(program, 'config'), config, { recursive: true })
  for (const name of ['data', 'logs', 'tmp']) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
  const settings = [
    'cluster.name: holdfast',
    'node.name: holdfast',
    'discovery.type: single-node',
    'network.host: 127.0.0.1',
    `http.port: ${port}`,
    `transport.port: ${transportPort}`,
    `path.data: ${join(folder, 'data')}`,
    `path.logs: ${join(folder, 'logs')}`,
    // A laptop's nearly full disk must not turn the index read-only; the catalogue is small.
    'cluster.routing.allocation.disk.threshold_enabled: false',
  ]
  writeFileSync(join(config, 'opensearch.yml'), `${settings.join('\n')}\n`)
  writeFileSync(
    join(config, 'jvm.options'),
    jvmOptions(readFileSync(join(program, 'config', 'jvm.options'), 'utf8'), folder),
  )
  if (user) for (const owned of [folder, ...everythingIn(folder)]) chownSync(owned, user.uid, user.gid)
}

/** Theirs write into the program's own folder, which belongs to another user; and a development machine needs no GC log. */
const jvmOptions = (theirs: string, folder: string) =>
  theirs
    .split('\n')
    .filter((line) => !/gc\.log|HeapDump/.test(line))
    .map((line) => line.replace('=logs/', `=${folder}/logs/`))
    .join('\n')

const everythingIn = (folder: string) =>
  ['config', 'data', 'logs', 'tmp'].flatMap((name) => [
    join(folder, name),
    ...readdirSync(join(folder, name), { recursive: name === 'config', encoding: 'utf8' }).map((file) =>
      join(folder, name, file),
    ),
  ])

async function roundTrip(base: string): Promise<void> {
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(10_000) })
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`)
    return answer.json() as Promise<Record<string, unknown>>
  }
  const document = { word: `${process.pid}-${Date.now()}` }
  await ask('/_cluster/health?wait_for_status=yellow&timeout=5s')
  await ask('/holdfast-round-trip/_doc/1', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  })
  const { _source: found } = (await ask('/holdfast-round-trip/_doc/1')) as { _source?: typeof document }
  if (found?.word !== document.word) throw new Error('it gave back another document than it was given')
  await ask('/holdfast-round-trip', { method: 'DELETE' })
}
