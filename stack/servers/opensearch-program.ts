import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isExecutable, onPath, run } from '../command.ts'
import { StackProblem } from '../failure.ts'
import type { Say } from '../progress.ts'
import type { Site } from '../site.ts'
import { logFileIn, programCache } from '../state-folder.ts'
import { aptInstall } from './apt.ts'

export const openSearchVersion = '3.6.0'

/** The real minimal distribution with all its modules; its name is only where it comes from. */
const artifact = `org.opensearch.distribution.integ-test-zip:opensearch:${openSearchVersion}:zip`
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy'

export type OpenSearchProgram = { folder: string; from: string }

export async function resolveOpenSearch(site: Site, java: string, say: Say): Promise<OpenSearchProgram> {
  const cache = programCache(site.environment)
  const folder = join(cache, `opensearch-${openSearchVersion}`)
  if (existsSync(join(folder, 'bin', 'opensearch'))) return { folder, from: 'from the cache' }

  const maven = onPath('mvn', site.environment) ?? (await installMaven(site, say))
  if (!maven) {
    throw new StackProblem('neither it nor Maven to fetch it is here', {
      advice: 'Install Maven, or set OPENSEARCH_URL.',
    })
  }
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, '.opensearch-')) // its own folder: two clones may fetch at once
  try {
    say('fetching it with Maven, about 60 MB, once')
    await fetchZip(maven, draft, site, java)
    say('unpacking')
    await unpack(draft, java, site)
    const unpacked = readdirSync(draft).find((name) => existsSync(join(draft, name, 'bin', 'opensearch')))
    if (!unpacked) throw new Error('the archive holds no bin/opensearch')
    makeRunnable(join(draft, unpacked))
    if (!existsSync(folder)) renameSync(join(draft, unpacked), folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return { folder, from: `fetched by Maven (${artifact})` }
}

async function installMaven(site: Site, say: Say): Promise<string | undefined> {
  say('installing Maven with apt-get, to fetch it')
  return (await aptInstall('maven', site)) ? onPath('mvn', site.environment) : undefined
}

async function fetchZip(maven: string, target: string, site: Site, java: string): Promise<void> {
  const logFile = logFileIn(site.dataDir, 'install-opensearch')
  const goals = [
    '--batch-mode',
    '--no-transfer-progress',
    copyGoal,
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${target}`,
  ]
  try {
    await run(maven, goals, {
      cwd: target, // away from any pom.xml
      env: { ...site.environment, JAVA_HOME: java },
      logFile,
      withinMs: 300_000,
    })
  } catch {
    throw new StackProblem(`Maven could not fetch it; see ${logFile}`, { advice: 'Check the network.', logFile })
  }
}

async function unpack(folder: string, java: string, site: Site): Promise<void> {
  const zip = readdirSync(folder).find((name) => name.endsWith('.zip'))
  if (!zip) throw new Error('Maven left no archive')
  const jar = join(java, 'bin', 'jar')
  const options = { cwd: folder, logFile: logFileIn(site.dataDir, 'install-opensearch') }
  if (isExecutable(jar)) await run(jar, ['--extract', '--file', zip], options)
  else await run('unzip', ['-q', zip], options)
  rmSync(join(folder, zip))
}

/** The JDK's archive tool does not carry file modes over. */
function makeRunnable(folder: string): void {
  for (const name of readdirSync(join(folder, 'bin'))) chmodSync(join(folder, 'bin', name), 0o755)
}
