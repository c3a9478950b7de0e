import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isExecutable, onPath, run } from '../../stack/command.ts'
import type { Site } from '../../stack/site.ts'
import { logFileIn, programCache } from '../../stack/state-folder.ts'

const version = 'v1.29.1'
const modulePath = 'go.temporal.io/server'

export type TemporalServerPrograms = { server: string; sqlTool: string; schemas: string }

/** The server of production, which the CLI's development server is made of, with the tool that lays out its tables. */
export async function temporalServerPrograms(site: Site): Promise<TemporalServerPrograms> {
  const programs = programsIn(folder())
  if (existsSync(programs.schemas)) return programs
  await site.report.step('Temporal server', async (say) => {
    say('building it with go install, about 4 minutes, once')
    await build(site)
    return `✓ Temporal server ${version} built`
  })
  return programs
}

export async function whyNoTemporalServer(): Promise<string | undefined> {
  return existsSync(programsIn(folder()).schemas) || findGo()
    ? undefined
    : 'the Temporal server must be built, and there is no Go'
}

const folder = () => join(programCache(), `temporal-server-${version}`)

const programsIn = (where: string): TemporalServerPrograms => ({
  server: join(where, 'server'),
  sqlTool: join(where, 'sql'),
  schemas: join(where, 'schemas'),
})

const findGo = () => onPath('go') ?? ['/usr/local/go/bin/go', '/usr/lib/go/bin/go'].find(isExecutable)

/** In a folder of its own that takes its place when it is whole: two clones may build at once. */
async function build(site: Site): Promise<void> {
  const go = findGo()
  if (!go) throw new Error('there is no Go to build the Temporal server with')
  mkdirSync(programCache(), { recursive: true })
  const draft = mkdtempSync(join(programCache(), '.building-'))
  const options = {
    env: { ...site.environment, GOBIN: draft, GOTOOLCHAIN: 'auto' },
    logFile: logFileIn(site.dataDir, 'install-temporal-server'),
  }
  try {
    const module = await run(go, ['mod', 'download', '-json', `${modulePath}@${version}`], options)
    const { Dir: sources } = JSON.parse(module) as { Dir: string }
    for (const program of ['tools/sql', 'server'])
      await run(go, ['install', `${modulePath}/cmd/${program}@${version}`], options)
    cpSync(join(sources, 'schema/postgresql/v12'), join(draft, 'schemas'), { recursive: true })
    rmSync(folder(), { recursive: true, force: true })
    renameSync(draft, folder())
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
