import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { passes, runChecks, staticChecks } from './checks.ts'
import { provisionServers } from './provision.ts'

/** npm test: everything CI runs. Words after `--` go to Vitest, to run only some of it. */
const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'))
const report = join(folder, 'report.json')
try {
  const failedChecks = await runChecks(staticChecks)
  await provisionServers()
  const testsPassed = await passes({
    command: process.execPath,
    args: [
      ...['node_modules/vitest/vitest.mjs', 'run', '--reporter', 'default', '--reporter', 'json'],
      ...['--outputFile.json', report, ...process.argv.slice(2)],
    ],
  })
  const { passed, failed } = readReport()
  // A file that could not even be loaded has no failed test of its own.
  const unexplained = testsPassed || failed > 0 ? 0 : 1
  const allFailed = failed + failedChecks.length + unexplained
  if (failedChecks.length > 0) console.log(`Failed: ${failedChecks.join(', ')}`)
  console.log(`${passed + staticChecks.length - failedChecks.length} passed, ${allFailed} failed`)
  process.exitCode = allFailed > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function readReport(): { passed: number; failed: number } {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
    return { passed: numPassedTests ?? 0, failed: numFailedTests ?? 0 }
  } catch {
    return { passed: 0, failed: 0 }
  }
}
