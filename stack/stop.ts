import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { explain } from './failure.ts'
import { readStopOptions } from './options.ts'
import { endProcesses, identityOf, send } from './process-table.ts'
import { elapsed } from './progress.ts'
import { orphansOf } from './site.ts'
import { removeStackFile } from './stack-file.ts'
import { supervisorOf } from './supervisor-record.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const patienceMs = 90_000

try {
  await stop(readStopOptions(process.argv.slice(2)).dataDir)
} catch (failure) {
  for (const line of explain(failure)) print(line)
  process.exitCode = 1
}

async function stop(dataDir: string): Promise<void> {
  const since = Date.now()
  const pid = supervisorOf(dataDir)
  if (pid === undefined) return clearLeftovers(dataDir, since)

  print(`Stopping the stack on ${dataDir} (process ${pid}).`)
  const identity = identityOf(pid)
  const isThere = () => identityOf(pid) === identity
  send(pid, 'SIGTERM')
  let toldAt = Date.now()
  while (isThere() && Date.now() - since < patienceMs) {
    await sleep(100)
    if (Date.now() - toldAt > 10_000) {
      toldAt = Date.now()
      print(`… orders in flight finish their step (${elapsed(since)})`)
    }
  }
  if (!isThere()) return print(`Stopped (${elapsed(since)}). The state is kept in ${dataDir}.`)
  print(`! It did not stop within ${patienceMs / 1000} s; ending its processes.`)
  await endProcesses([pid], { graceMs: 0 })
  await clearLeftovers(dataDir, since)
}

async function clearLeftovers(dataDir: string, since: number): Promise<void> {
  const left = existsSync(dataDir) ? orphansOf(dataDir) : []
  if (left.length === 0) return print(`Nothing runs on ${dataDir}.`)
  print(`The supervisor on ${dataDir} is gone; ending the ${left.length} processes it left behind.`)
  await endProcesses(left)
  removeStackFile(dataDir)
  print(`Stopped (${elapsed(since)}). The state is kept in ${dataDir}.`)
}
