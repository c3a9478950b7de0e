import { setTimeout as sleep } from 'node:timers/promises'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { DatabaseError } from 'pg'
import { openDatabase } from '../store/database.ts'
import { CannotCheck, type CheckOptions, checkInvariants, type InvariantResult } from '../store/invariants.ts'
import { openSearchIndex } from '../store/search-index.ts'
import { report } from './invariants-report.ts'
import { CannotRun, runningStack } from './running-stack.ts'

type Options = {
  data: string
  database?: string
  gateway?: string
  temporal?: string
  opensearch?: string
  namespace: string
  wait?: number
  all?: true
}

/** How long what must hold "in the end" is given by default to come to its end. */
const QUIET_SECONDS = 15
const BETWEEN_LOOKS_MS = 500
const INDEX_TIMEOUT_MS = 10_000

async function main(args: string[]): Promise<number> {
  try {
    return await run(readOptions(args))
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    // Whatever went wrong, exit code 1 is for violations only.
    const isExplained = error instanceof CannotRun || error instanceof CannotCheck
    console.error(isExplained ? `${error.message}.` : error)
    return 2
  }
}

function readOptions(args: string[]): Options {
  return new Command('npm run invariants --')
    .description('Checks every invariant of the shop. Exit 0: clean. 1: violated. 2: could not be checked.')
    .option('--data <dir>', 'state folder of a running stack', '.holdfast')
    .option('--database <url>', 'check this database instead of a stack', url)
    .option('--gateway <url>', "with the ledger of this payment gateway; without one, what needs it isn't checked", url)
    .option('--temporal <address>', 'with the running workflows of this Temporal server')
    .option('--namespace <name>', 'its namespace', 'default')
    .option('--opensearch <url>', 'with the search index there', url)
    .option('--wait <seconds>', 'look again until all is clean, for so long', seconds)
    .option('--all', 'list every violation, not just the first of each invariant')
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Options>()
}

function url(text: string): string {
  if (!URL.canParse(text)) throw new InvalidArgumentError('It must be an address like postgres://… or http://….')
  return text
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 86_400)) throw new InvalidArgumentError('It must be a number of seconds.')
  return value
}

async function run(options: Options): Promise<number> {
  const { databaseUrl, openSearchUrl, ...places } = placesOf(options)
  const database = openDatabase({ url: databaseUrl, poolSize: 1, statementTimeoutMs: 300_000 })
  const index =
    openSearchUrl === undefined ? undefined : openSearchIndex(openSearchUrl, { timeoutMs: INDEX_TIMEOUT_MS })
  try {
    const results = await untilClean(() => look({ ...places, database, index, isWholeIndexRead: true }), options.wait)
    console.log(report(results, { all: options.all ?? false, columns: process.stdout.columns }))
    return results.some(isBroken) ? 1 : 0
  } finally {
    await index?.close()
    await database.end()
  }
}

type Places = Pick<CheckOptions, 'gatewayUrl' | 'temporal'> & { databaseUrl: string; openSearchUrl: string | undefined }

function placesOf(options: Options): Places {
  const { namespace, opensearch } = options
  if (options.database) {
    const temporal = options.temporal ? { address: options.temporal, namespace } : undefined
    return { databaseUrl: options.database, gatewayUrl: options.gateway, temporal, openSearchUrl: opensearch }
  }
  const stack = runningStack(options.data)
  return {
    databaseUrl: stack.postgres,
    gatewayUrl: options.gateway ?? stack.gateway,
    temporal: options.temporal ? { address: options.temporal, namespace } : stack.temporal,
    openSearchUrl: opensearch ?? stack.opensearch,
  }
}

const isBroken = (result: InvariantResult): boolean => result.violations.length > 0

/**
 * Looks until all is clean or the time is up. Without a time, what may still become true is waited for, and what must
 * hold at any moment is not.
 */
async function untilClean(check: () => Promise<InvariantResult[]>, wait?: number): Promise<InvariantResult[]> {
  const deadline = Date.now() + (wait ?? QUIET_SECONDS) * 1_000
  for (;;) {
    const results = await check()
    const broken = results.filter(isBroken)
    const isWorthWaiting = wait !== undefined || broken.every((result) => result.eventual)
    if (broken.length === 0 || !isWorthWaiting || Date.now() + BETWEEN_LOOKS_MS > deadline) return results
    await sleep(BETWEEN_LOOKS_MS)
  }
}

async function look(options: CheckOptions): Promise<InvariantResult[]> {
  try {
    return await checkInvariants(options)
  } catch (error) {
    const { host } = new URL((options.database.options.connectionString as string) ?? '')
    const isMissingTable = error instanceof DatabaseError && (error.code === '42P01' || error.code === '42703')
    if (isMissingTable)
      throw new CannotRun(`The database at ${host} does not have this version's schema (${error.message})`)
    if (error instanceof CannotCheck || (error instanceof DatabaseError && !isRefusal(error))) throw error
    throw new CannotRun(`The database at ${host} cannot be used: ${reasonOf(error)}`)
  }
}

/** Classes 08 connection, 28 password, 3D no such database, 57 shutting down. */
const isRefusal = (error: DatabaseError): boolean => /^(08|28|3D|57)/.test(error.code ?? '')

function reasonOf(error: unknown): string {
  const cause = error instanceof AggregateError ? error.errors[0] : error
  return cause instanceof Error ? cause.message : String(cause)
}

process.exitCode = await main(process.argv.slice(2))
