import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { isExecutable, onPath } from '../command.ts'
import { StackProblem } from '../failure.ts'
import { findGo, goInstall } from '../go-install.ts'
import type { Say } from '../progress.ts'
import type { Site } from '../site.ts'
import { logFileIn, programCache } from '../state-folder.ts'

/** The newest version that `go install` can build: later ones have replace directives in their module file. */
const version = 'v1.5.1'
const modulePath = `github.com/temporalio/cli/cmd/temporal@${version}`

/** The server inside it must know update-with-start for finished runs and eager workflow start by default. */
const oldestServer = [1, 29] as const

export type TemporalProgram = { file: string; from: string }

export async function resolveTemporal(site: Site, say: Say): Promise<TemporalProgram> {
  const cached = join(programCache(site.environment), 'bin', 'temporal')
  const installed = onPath('temporal', site.environment)
  if (installed) {
    if (isNewEnough(installed)) return { file: installed, from: 'on PATH' }
    site.report.line(`  the temporal CLI on PATH carries an older server than ${oldestServer.join('.')}; not used`)
  }
  if (isExecutable(cached)) return { file: cached, from: 'from the cache' }
  await build(cached, site, say)
  return { file: cached, from: `built by go install ${modulePath}` }
}

function isNewEnough(file: string): boolean {
  try {
    const words = execFileSync(file, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const [, major, minor] = /Server (\d+)\.(\d+)/.exec(words) ?? []
    return Number(major) > oldestServer[0] || (Number(major) === oldestServer[0] && Number(minor) >= oldestServer[1])
  } catch {
    return false
  }
}

async function build(target: string, site: Site, say: Say): Promise<void> {
  const go = findGo(site.environment)
  if (!go) {
    throw new StackProblem(
      'Temporal is required, and this machine has neither the temporal CLI nor Go to build it with',
      {
        advice:
          'Install the temporal CLI (or Go 1.24 or later) and put it on PATH, or give a running server with TEMPORAL_ADDRESS.',
      },
    )
  }
  const logFile = logFileIn(site.dataDir, 'install-temporal')
  try {
    await goInstall(go, {
      module: modulePath,
      target,
      takes: 'about 3 minutes',
      environment: site.environment,
      logFile,
      say,
    })
  } catch {
    throw new StackProblem(`Temporal could not be built (go install ${modulePath})`, {
      advice:
        'Check the network and the free disk space (it needs about 3 GB), then start again; what was fetched is kept. ' +
        'Or put the temporal CLI on PATH, or give a running server with TEMPORAL_ADDRESS.',
      logFile,
    })
  }
}
