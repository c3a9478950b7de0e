import { availableParallelism } from 'node:os'
import { InvalidArgumentError, program } from 'commander'
import { createActivities } from '../activities/index.ts'
import { openWorkflowHost } from './engine/workflow-host.ts'
import { openPostgres } from './postgres.ts'
import { coverageTable, statusLine, story } from './report.ts'
import { runWorld } from './world.ts'

/** Standard output is the product of this program. */
const say = (text: string): void => void process.stdout.write(`${text}\n`)

type Options = { seed: number; checkouts: number; perWorld: number; trace?: boolean }

const wholeNumber = (text: string): number => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.')
  return number
}

program
  .name('npm run sim --')
  .description('The shop in one process, under virtual time and a seeded order of events, until it breaks or does not')
  .option('--seed <n>', 'of the first world; each next one has the next seed', wholeNumber, 1)
  .option('--checkouts <n>', 'in all worlds together', wholeNumber, 2_000)
  .option('--per-world <n>', 'checkouts in one world', wholeNumber, 100)
  .option('--trace', 'print everything that happened')
  .action(simulate)
await program.parseAsync()

async function simulate({ seed, checkouts, perWorld, trace }: Options): Promise<void> {
  const startedMs = performance.now()
  const activityNames = Object.keys(createActivities({} as never))
  const [host, postgres] = await Promise.all([openWorkflowHost(activityNames), openPostgres()])
  const readyMs = performance.now()
  say(`Ready after ${((readyMs - startedMs) / 1_000).toFixed(1)} s. ${availableParallelism()} cores, one is used.`)
  const counts = new Map<string, number>()
  let done = 0
  let virtualMs = 0
  let steps = 0
  for (let world = seed; done < checkouts; world++) {
    const result = await runWorld({ host, postgres }, world, Math.min(perWorld, checkouts - done))
    done += result.checkouts
    virtualMs += result.virtualMs
    steps += result.steps
    for (const [what, times] of result.counts) counts.set(what, (counts.get(what) ?? 0) + times)
    if (trace) say(result.trace.join('\n'))
    statusLine({ world, worlds: world - seed + 1, done, checkouts, elapsedMs: performance.now() - readyMs, steps })
    if (result.violations.length > 0) {
      say(`\n\n${story(result)}`)
      process.exit(1)
    }
    if (checkouts - done <= 0) say(`\nTrace of the last world: ${result.hash}`)
  }
  const minutes = (performance.now() - readyMs) / 60_000
  say(`\n${coverageTable(counts)}`)
  say(
    `${done} checkouts, ${steps} events, ${Math.round(virtualMs / 3_600_000)} virtual hours in ${minutes.toFixed(1)} minutes ` +
      `(${Math.round(done / minutes)} checkouts a minute): no violation.`,
  )
  // The engine of the database keeps the process up.
  process.exit(0)
}
