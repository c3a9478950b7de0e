import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isExecutable, onPath, run } from '../command.ts'
import { StackProblem } from '../failure.ts'
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
  const go = onPath('go', site.environment) ?? ['/usr/local/go/bin/go', '/usr/lib/go/bin/go'].find(isExecutable)
  if (!go) {
    throw new StackProblem(
      'Temporal is required, and this machine has neither the temporal CLI nor Go to build it with',
      {
        advice:
          'Install the temporal CLI (or Go 1.24 or later) and put it on PATH, or give a running server with TEMPORAL_ADDRESS.',
      },
    )
  }
  const binFolder = join(programCache(site.environment), 'bin')
  mkdirSync(binFolder, { recursive: true })
  const draft = mkdtempSync(join(binFolder, '.building-')) // its own folder: two clones may build at once
  const logFile = logFileIn(site.dataDir, 'install-temporal')
  let packages = 0
  try {
    say('building it with go install, about 3 minutes, once')
    await run(go, ['install', '-v', modulePath], {
      env: { ...site.environment, GOBIN: draft, GOTOOLCHAIN: 'auto' },
      logFile,
      onOutput: (text) => {
        packages += text.split('\n').length - 1
        say(`building it with go install, about 3 minutes, once; ${packages} packages done`)
      },
    })
    renameSync(join(draft, 'temporal'), target)
  } catch {
    throw new StackProblem(`Temporal could not be built (go install ${modulePath})`, {
      advice:
        'Check the network and the free disk space (it needs about 3 GB), then start again; what was fetched is kept. ' +
        'Or put the temporal CLI on PATH, or give a running server with TEMPORAL_ADDRESS.',
      logFile,
    })
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
