import { statSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { DatabaseError } from 'pg'
import { elapsed, screenOf } from '../stack/progress.ts'
import { openDatabase } from '../store/database.ts'
import { importCatalogue, type ImportOutcome } from './import/import-catalogue.ts'
import { CannotRun, runningStack } from './running-stack.ts'

type Options = { data: string; database?: string; again?: true }

const STATEMENT_TIMEOUT_MS = 120_000
const BAR_CELLS = 24

async function main(args: string[]): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new CannotRun('Ended; the same command goes on from here')))
  try {
    const command = readCommand(args)
    return await run(command.args[0] as string, command.opts<Options>(), stop.signal)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (isOfTheDatabase(error))
      console.error(`✗ The database cannot be used: ${error.message}. The same command goes on from where it was.`)
    else console.error(error instanceof CannotRun ? `✗ ${error.message}.` : error)
    return 1
  }
}

const isOfTheDatabase = (error: unknown): error is Error =>
  error instanceof DatabaseError || (error instanceof Error && /^connect |^Connection |timeout/i.test(error.message))

function readCommand(args: string[]): Command {
  return new Command('npm run catalogue:import --')
    .description(
      'Takes products from a CSV or JSON Lines file, gzip too, into the catalogue of a running stack. ' +
        'Exit 0: read to its end, and good rows landed. 1: no row landed, or it could not be read to its end.',
    )
    .argument('<file>', 'sku, name, price and category, and what else POST /v1/products takes')
    .option('--data <dir>', 'state folder of a running stack', '.holdfast')
    .option('--database <url>', 'into this database instead')
    .option('--again', 'from the beginning, though this file was taken before')
    .exitOverride()
    .parse(args, { from: 'user' })
}

async function run(file: string, options: Options, stop: AbortSignal): Promise<number> {
  const url = options.database ?? runningStack(options.data).postgres
  const database = openDatabase({ url, poolSize: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS })
  const screen = screenOf(process.stderr)
  const startedAt = Date.now()
  try {
    const outcome = await importCatalogue({
      file,
      database,
      again: options.again ?? false,
      stop,
      onWrong: (line, reason) => screen.onLine(`${file}:${line}: ${reason}`),
      onNotice: screen.onLine,
      onProgress: ({ rows, bytes }) => screen.onStatus?.(progressOf(rows, bytes / statSync(file).size, startedAt)),
    })
    screen.onStatus?.('')
    console.log(summaryOf(file, outcome, startedAt))
    return outcome.created + outcome.changed + outcome.unchanged > 0 ? 0 : 1
  } finally {
    screen.onStatus?.('')
    await database.end()
  }
}

/** `▓▓▓▓░░░░ 42 %  12,000 rows, 8,100 /s, 3.1 s left` */
function progressOf(rows: number, share: number, startedAt: number): string {
  const seconds = (Date.now() - startedAt) / 1_000
  const full = Math.round(share * BAR_CELLS)
  const bar = '▓'.repeat(full) + '░'.repeat(BAR_CELLS - full)
  const left = share > 0 ? elapsed(0, ((seconds * (1 - share)) / share) * 1_000) : '…'
  return `${bar} ${Math.floor(share * 100)} %  ${count(rows)} rows, ${count(Math.round(rows / seconds))} /s, ${left} left`
}

function summaryOf(file: string, outcome: ImportOutcome, startedAt: number): string {
  const { created, changed, unchanged, refused, rows, resumedAfter, finishedAt, wasFinished } = outcome
  const counts = `${count(created)} new, ${count(changed)} changed, ${count(unchanged)} as they were, ${count(refused)} refused`
  if (wasFinished)
    return `${file} was taken at ${finishedAt?.toISOString()}: ${counts}. Nothing to do; --again takes it once more.`
  const seconds = (Date.now() - startedAt) / 1_000
  const from =
    resumedAfter > 0 ? ` It went on after line ${count(resumedAfter)}; the figures are of the whole file.` : ''
  return `${count(rows)} rows in ${elapsed(startedAt)} (${count(Math.round(rows / seconds))} /s): ${counts}.${from}`
}

const count = (value: number): string => value.toLocaleString('en-US')

process.exitCode = await main(process.argv.slice(2))
