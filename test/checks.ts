import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const projectFolder = fileURLToPath(new URL('..', import.meta.url))

export type Check = { name: string; command: string; args: string[] }

const bin = (name: string) => `node_modules/.bin/${name}`

/** What a look at the sources can tell, without running them. */
export const staticChecks: Check[] = [
  { name: 'format', command: bin('biome'), args: ['format', '.'] },
  { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--quiet', '.'] },
  { name: 'types', command: bin('tsc'), args: ['-p', '.'] },
  { name: 'unused code', command: bin('knip'), args: ['--no-progress'] },
]

/** Runs a command with its output shown. Answers whether it succeeded. */
export function passes({ command, args }: Omit<Check, 'name'>): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: projectFolder, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}

/** Runs checks one after another, so that what they print can be told apart. Answers the names of those that failed. */
export async function runChecks(checks: Check[]): Promise<string[]> {
  const failed: string[] = []
  for (const check of checks) {
    const startedAt = performance.now()
    const isGood = await passes(check)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`${isGood ? '✓' : '✗'} ${check.name} (${seconds} s)`)
    if (!isGood) failed.push(check.name)
  }
  return failed
}
