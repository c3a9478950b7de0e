import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { isExecutable, onPath } from '../command.ts'

const oldestVersion = 21

/** The home of a JDK that OpenSearch can run on: what the person points to first, then the usual folders. */
export function findJava(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const fromPath = onPath('java', environment)
  const pointedTo = [
    environment.OPENSEARCH_JAVA_HOME,
    environment.JAVA_HOME,
    fromPath && dirname(dirname(realpathSync(fromPath))),
  ]
  const candidates = [...pointedTo, ...usualFolders().flatMap(homesIn)]
  return candidates.find((home) => home !== undefined && versionOf(home) >= oldestVersion)
}

const usualFolders = () => [
  '/usr/lib/jvm',
  '/usr/java',
  '/usr/local/java',
  '/opt',
  '/opt/java',
  '/Library/Java/JavaVirtualMachines',
  join(homedir(), '.sdkman/candidates/java'),
  join(homedir(), '.jdks'),
]

function homesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  try {
    const names = readdirSync(folder).sort().reverse() // newest first, as far as names tell
    return names.flatMap((name) => [join(folder, name), join(folder, name, 'Contents/Home')])
  } catch {
    return []
  }
}

function versionOf(home: string): number {
  const java = join(home, 'bin', 'java')
  if (!isExecutable(java)) return 0
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8', timeout: 10_000 })
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0)
}
