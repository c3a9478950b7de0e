import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { onPath, run } from '../../stack/command.ts'
import { aptInstall } from '../../stack/servers/apt.ts'
import { findJava } from '../../stack/servers/java.ts'
import { compare } from '../../stack/servers/temporal-search-attributes.ts'
import { openSite, type Site } from '../../stack/site.ts'
import { programCache } from '../../stack/state-folder.ts'
import { searchAttributes } from '../../workers/search-attributes.ts'
import { type Engine, installRuntime } from './order-world.ts'

const version = '1.32.0'
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const help = 'The tests that skip time need Java and Maven: install both (apt-get install maven) and run them again.'

export type TimeSkippingEngine = Engine & {
  /** Lets this much time go by for all workflows at once; real time goes on as it does. */
  skip(milliseconds: number): Promise<void>
}

/** Temporal's own test server, on which days take seconds. It cannot list workflows. */
export async function openTimeSkippingServer(): Promise<TimeSkippingEngine> {
  installRuntime()
  const path = await installed()
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  })
  const namespace = environment.namespace ?? 'default'
  const { missing } = compare(searchAttributes, {})
  await environment.connection.operatorService
    .addSearchAttributes({ namespace, searchAttributes: missing })
    .catch(async (error: unknown) => {
      await environment.teardown()
      throw error
    })
  return {
    client: environment.client,
    connection: environment.nativeConnection,
    namespace,
    skip: environment.sleep,
    close: () => environment.teardown(),
  }
}

/** The program, fetched with Maven once per user and kept beside the stack's own. */
async function installed(): Promise<string> {
  const folder = join(programCache(), `temporal-test-server-${version}`)
  const program = join(folder, 'temporal-test-server')
  if (existsSync(program)) return program
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-time-'))
  const site = await openSite({ dataDir })
  mkdirSync(programCache(), { recursive: true })
  const draft = mkdtempSync(join(programCache(), '.temporal-test-server-')) // its own: two clones may fetch at once
  try {
    const maven = onPath('mvn') ?? ((await aptInstall('maven', site)) ? onPath('mvn') : undefined)
    if (!maven) throw new Error(help)
    await fetchJars(maven, draft, site)
    writeFileSync(join(draft, 'temporal-test-server'), launcher(folder))
    chmodSync(join(draft, 'temporal-test-server'), 0o755)
    if (!existsSync(program)) renameSync(draft, folder)
    return program
  } finally {
    rmSync(draft, { recursive: true, force: true })
    await site.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function fetchJars(maven: string, folder: string, site: Site): Promise<void> {
  const pom = join(folder, 'pom.xml')
  writeFileSync(
    pom,
    `<project><modelVersion>4.0.0</modelVersion>
  <groupId>holdfast</groupId><artifactId>temporal-test-server</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`,
  )
  const logFile = join(site.dataDir, 'maven.log')
  const goals = ['--batch-mode', '--quiet', '--file', pom, copyGoal, `-DoutputDirectory=${folder}`]
  try {
    await run(maven, goals, { logFile, withinMs: 300_000 })
  } catch (error) {
    throw new Error(`Maven could not fetch the time-skipping server ${version}; see ${logFile}. ${help}`, {
      cause: error,
    })
  }
}

function launcher(folder: string): string {
  const home = findJava()
  const java = onPath('java') ?? (home && join(home, 'bin', 'java'))
  if (!java) throw new Error(help)
  return `#!/bin/sh\nexec '${java}' -Xmx256m -cp '${folder}/*' io.temporal.testserver.TestServer "$@"\n`
}
