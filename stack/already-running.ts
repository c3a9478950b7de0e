import { setTimeout as sleep } from 'node:timers/promises'
import type { StartOptions } from './options.ts'
import { readStackFile } from './stack-file.ts'
import { supervisorOf } from './supervisor-record.ts'

const longestStartMs = 10 * 60_000

/** A second start on the same state folder changes nothing; it says what runs there. */
export async function announceRunning(options: StartOptions, onLine: (line: string) => void): Promise<number> {
  const { dataDir } = options
  const pid = supervisorOf(dataDir)
  if ('missing' in readStackFile(dataDir)) {
    onLine(`Another start on ${dataDir} is under way (process ${pid}); waiting for it.`)
    const deadline = Date.now() + longestStartMs
    while (supervisorOf(dataDir) !== undefined && 'missing' in readStackFile(dataDir) && Date.now() < deadline) {
      await sleep(250)
    }
  }
  const reading = readStackFile(dataDir)
  if (supervisorOf(dataDir) === undefined || 'missing' in reading) {
    onLine(`✗ The other start on ${dataDir} ended before it was ready. Its reason stands in ${dataDir}/logs/stack.log.`)
    return 1
  }
  if (options.fresh) {
    onLine(`✗ --fresh drops no state in use: a stack runs on ${dataDir} (process ${pid}).`)
    onLine(`  Stop it first: npm run stop -- --data ${dataDir}`)
    return 1
  }
  onLine(`A stack runs already on ${dataDir} (process ${pid}).`)
  if ('stack' in reading) {
    const { api, temporal, gateway } = reading.stack
    onLine(`  API              ${api}   documentation: ${api}/docs`)
    if (temporal.ui) onLine(`  Temporal Web UI  ${temporal.ui}`)
    onLine(`  Payment gateway  ${gateway}`)
  } else {
    onLine(`  Its stack.json cannot be read (${reading.broken}); a restart of the stack writes it anew.`)
  }
  onLine('  npm run stop ends it; --data DIR starts another one beside it.')
  return 0
}
