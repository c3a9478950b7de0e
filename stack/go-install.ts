import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isExecutable, onPath, run } from './command.ts'
import type { Say } from './progress.ts'

export const findGo = (environment: NodeJS.ProcessEnv): string | undefined =>
  onPath('go', environment) ?? ['/usr/local/go/bin/go', '/usr/lib/go/bin/go'].find(isExecutable)

type Options = {
  /** The package with its version: `github.com/temporalio/cli/cmd/temporal@v1.5.1`. */
  module: string
  /** Where the program is to lie, whatever go names it. */
  target: string
  /** For the person who waits: `about 3 minutes`. */
  takes: string
  environment: NodeJS.ProcessEnv
  logFile: string
  say: Say
}

/** Builds a program from its Go module and puts it in its place whole. */
export async function goInstall(go: string, options: Options): Promise<void> {
  const { module, target, takes, environment, logFile, say } = options
  const folder = dirname(target)
  mkdirSync(folder, { recursive: true })
  const draft = mkdtempSync(join(folder, '.building-')) // its own folder: two clones may build at once
  const doing = `building it with go install, ${takes}, once`
  let packages = 0
  try {
    say(doing)
    await run(go, ['install', '-v', module], {
      env: { ...environment, GOBIN: draft, GOTOOLCHAIN: 'auto' },
      logFile,
      onOutput: (text) => {
        packages += text.split('\n').length - 1
        say(`${doing}; ${packages} packages done`)
      },
    })
    renameSync(join(draft, basename(module.split('@', 1)[0] as string)), target)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
