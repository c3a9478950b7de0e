import { relative } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { report } from '../cli/invariants-report.ts'
import { explain } from '../stack/failure.ts'
import { screenOf } from '../stack/progress.ts'
import { checkInvariants } from '../store/invariants.ts'
import { measureAfterwards } from './afterwards.ts'
import { measureCheckouts } from './checkout.ts'
import type { Figure } from './figures.ts'
import { measureGrowth } from './growth.ts'
import { measureReads } from './reads.ts'
import { commitOf, earlierRuns, figureBefore, keep, machineOf } from './results.ts'
import { measureSearch } from './search.ts'
import { openStage, type Plan, type Stage } from './stage.ts'
import { tableOf } from './table.ts'
import { showTimelines } from './timeline.ts'
import { measureTransactions } from './transaction.ts'

type Area = {
  name: string
  measure: (stage: Stage) => Promise<Figure[]>
  needs?: 'search' | 'full'
  /** Has no figures to compare: only for who asks for it. */
  isToLookAt?: true
}

const areas: Area[] = [
  { name: 'checkout', measure: measureCheckouts },
  { name: 'afterwards', measure: measureAfterwards },
  { name: 'reads', measure: measureReads },
  { name: 'timeline', measure: showTimelines, isToLookAt: true },
  { name: 'transaction', measure: measureTransactions },
  { name: 'search', measure: measureSearch, needs: 'search' },
  { name: 'growth', measure: measureGrowth, needs: 'full' },
]

type Options = { quick?: true; full?: true; only?: string[]; profile?: string }

const quickly: Plan = {
  rounds: 2,
  roundMs: 2_000,
  warmUpMs: 2_000,
  searchedProducts: 10_000,
  storedSizes: [1_000, 10_000],
  openOrders: 1_000,
}
const properly: Plan = {
  rounds: 5,
  roundMs: 4_000,
  warmUpMs: 6_000,
  searchedProducts: 100_000,
  storedSizes: [1_000, 100_000, 1_000_000],
  openOrders: 10_000,
}

/** Whoever breaks a run off must not be left with its servers. */
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())

const { onLine: say, onStatus } = screenOf(process.stdout)

async function main(args: string[]): Promise<number> {
  try {
    return await bench(readOptions(args), args.join(' '))
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    for (const line of explain(error)) process.stderr.write(`${line}\n`)
    return 1
  }
}

const readOptions = (args: string[]): Options =>
  new Command('npm run bench --')
    .description('Measures the shop against floors of the same run and keeps the figures in bench/results.')
    .option('--quick', 'fewer and shorter rounds, less stored')
    .option('--full', 'also with many orders and products stored, and with many orders open')
    .addOption(new Option('--only <names...>', 'measure only these').choices(areas.map(({ name }) => name)))
    .option('--profile <file>', 'keep a CPU profile of the API process over all that is measured')
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Options>()

async function bench(options: Options, typed: string): Promise<number> {
  const chosen = areas.filter(({ name, needs, isToLookAt }) =>
    options.only ? options.only.includes(name) : !isToLookAt && (needs !== 'full' || options.full),
  )
  const figures: Figure[] = []
  const runs = earlierRuns()
  try {
    // Each on servers of its own where it leaves much behind, or needs a server that would take the others' processor time.
    for (const group of [undefined, 'search', 'full'] as const) {
      const together = chosen.filter(({ needs }) => needs === group)
      if (together.length > 0) await measureAll(together, options, (measured) => figures.push(...measured))
    }
  } finally {
    // A run that fails later keeps nothing, but whoever waited for it sees how far it came.
    if (figures.length > 0) say(`\n${tableOf(figures, figureBefore(runs))}`)
  }
  if (figures.length === 0) return 0
  const run = { date: new Date().toISOString(), commit: commitOf(), machine: machineOf(), options: typed, figures }
  say(`Kept in ${relative(process.cwd(), keep(run, runs))}`)
  return 0
}

async function measureAll(
  together: Area[],
  { quick, profile }: Options,
  onMeasured: (figures: Figure[]) => void,
): Promise<void> {
  const withSearch = together.some(({ needs }) => needs === 'search')
  const stage = await openStage({
    plan: quick ? quickly : properly,
    say,
    onStatus,
    withSearch,
    signal: stopping.signal,
  })
  const leave = () => void stage.close().finally(() => process.exit(1))
  stopping.signal.addEventListener('abort', leave)
  try {
    if (profile) await stage.probe.startProfile()
    for (const { name, measure } of together) {
      say(`\nMeasuring ${name}`)
      onMeasured(await measure(stage))
    }
    if (profile) await stage.probe.stopProfile(profile)
    await stage.quiet()
    if (together.every(({ needs }) => needs === undefined)) await mustBeSound(stage)
  } finally {
    stopping.signal.removeEventListener('abort', leave)
    if (!stopping.signal.aborted) await stage.close()
  }
}

/** Speed that breaks a promise is worth nothing. Stored orders were never at the gateway, so stages with them are not asked. */
async function mustBeSound({ running, database }: Stage): Promise<void> {
  const { gateway, temporal } = running.stack
  const results = await checkInvariants({ database, gatewayUrl: gateway, temporal })
  const words = report(results, { all: false })
  if (results.some(({ violations }) => violations.length > 0)) throw new Error(`The shop broke its promises:\n${words}`)
  say(`  ${words.split('\n').at(-1)}`)
}

process.exitCode = await main(process.argv.slice(2))
