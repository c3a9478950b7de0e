import { randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { screenOf } from '../stack/progress.ts'
import { projectFolder } from '../stack/servers/gateway.ts'
import { asTable, runCrashMatrix, writeMatrix } from './crash-matrix/index.ts'
import type { Fault } from './fault.ts'
import { catalogue } from './faults/index.ts'
import { writeReport } from './report/index.ts'
import { runSaboteurs, saboteursTable } from './saboteurs/index.ts'
import { scenes } from './scenes/index.ts'
import type { Scene } from './scenes/scene.ts'
import { type SuiteResult, type SuiteSettings, runSuite } from './suite.ts'
import { createTeller, summary } from './telling.ts'

type Options = {
  seed: number
  minutes?: number
  checkouts?: number
  faultCount?: number
  faults?: Fault[]
  opensearch?: boolean
  together?: boolean
  shoppers: number
  rate: number
  list?: boolean
  scene?: Scene
  crashMatrix?: boolean
  saboteurs?: boolean
}

const FULL_CHECKOUTS = 10_000
const FULL_FAULTS = 200
const FAULTS_PER_MINUTE = 12

async function main(args: string[]): Promise<number> {
  const command = new Command('npm run chaos --')
    .description('Breaks the shop by a plan while customers use it. Exit 0: every promise was kept.')
    .option('--seed <n>', 'of the plan and of every choice', whole, randomInt(1, 2 ** 31))
    .option('--minutes <n>', 'how long customers come', positive)
    .option('--checkouts <n>', `how many checkouts at least; ${FULL_CHECKOUTS} without --minutes`, whole)
    .option('--fault-count <n>', `how many faults at most; ${FULL_FAULTS} without --minutes`, whole)
    .option('--faults <names>', 'only these, with commas between; a part of a name stands for all that have it', named)
    .option('--opensearch', 'with OpenSearch, as in the full plan')
    .option('--no-opensearch', 'without it')
    .option('--together', 'API and worker in one process, as npm start has them; else two of each')
    .option('--shoppers <n>', 'how many visit at once', whole, 16)
    .option('--rate <n>', 'visits that begin in a second', positive, 10)
    .option('--scene <name>', `in other surroundings: ${scenes.map(({ name }) => name).join(', ')}`, sceneNamed)
    .option('--crash-matrix', 'kill -9 before and after each step of each workflow, in place of a plan')
    .option('--saboteurs', 'lets deliberate bugs in, one at a time, and looks whether each is caught')
    .option('--list', 'names the faults and ends')
    .parse(args, { from: 'user' })
  const options = command.opts<Options>()
  if (options.list) return list()
  if (options.crashMatrix) return crashMatrix()
  if (options.saboteurs) return saboteurs()

  const breakOff = new AbortController()
  const settings = { ...settingsOf(options), signal: breakOff.signal }
  const teller = createTeller(process.stdout)
  process.once('SIGINT', () => {
    teller.onLine('No more faults and customers: what there is so far is checked. Once more ends it at once.')
    breakOff.abort()
    process.once('SIGINT', () => process.exit(130))
  })
  teller.onLine(`seed ${options.seed}`)
  const result = await runSuite(settings, teller)
  const again = `npm run chaos -- ${['--seed', String(options.seed), ...withoutSeed(args)].join(' ')}`
  const files = writeDown(result, again)
  teller.onLine(summary(result, { files, again }))
  return result.isSound ? 0 : 1
}

function settingsOf({
  seed,
  minutes,
  checkouts,
  faultCount,
  faults,
  opensearch,
  together,
  shoppers,
  rate,
  scene,
}: Options): SuiteSettings {
  const isFull = minutes === undefined && checkouts === undefined && faults === undefined
  return {
    seed,
    faultCount: faultCount ?? (minutes === undefined ? FULL_FAULTS : Math.ceil(minutes * FAULTS_PER_MINUTE)),
    checkouts: checkouts ?? FULL_CHECKOUTS,
    ...(minutes !== undefined && { minutes }),
    wanted: faults ?? (scene ? [] : catalogue),
    ...(scene && { scene }),
    withOpenSearch: opensearch ?? isFull,
    together: together ?? false,
    shoppers,
    perSecond: rate,
    environment: process.env,
  }
}

function writeDown({ record, traffic, isSound }: SuiteResult, again: string): string[] {
  mkdirSync(results, { recursive: true })
  const file = (ending: string) => join(results, `${record.seed}${ending}`)
  writeFileSync(file('.json'), `${JSON.stringify(record, null, 1)}\n`)
  writeReport(record, file('.html'), again)
  const written = [file('.html'), file('.json')]
  if (!isSound) {
    writeFileSync(file('-history.json'), traffic.history.operations.map((each) => JSON.stringify(each)).join('\n'))
    written.push(file('-history.json'))
  }
  return written.map((path) => relative(projectFolder, path))
}

const results = join(projectFolder, 'chaos/results')
const { onLine: print, onStatus } = screenOf(process.stdout)

async function crashMatrix(): Promise<number> {
  const result = await runCrashMatrix({
    atOnce: 16,
    withSearch: true,
    onLine: print,
    onStatus,
    environment: process.env,
  })
  print(asTable(result))
  writeMatrix(result, results)
  return result.isSound ? 0 : 1
}

async function saboteurs(): Promise<number> {
  const { results: found, isSound } = await runSaboteurs({ onLine: print })
  print(saboteursTable(found))
  return isSound ? 0 : 1
}

function sceneNamed(name: string): Scene {
  const scene = scenes.find((each) => each.name === name)
  if (!scene) throw new InvalidArgumentError(`There are ${scenes.map((each) => each.name).join(', ')}.`)
  return scene
}

function list(): number {
  const width = Math.max(...catalogue.map(({ name }) => name.length))
  for (const { name, expectation } of catalogue) process.stdout.write(`${name.padEnd(width)}  ${expectation}\n`)
  return 0
}

function withoutSeed(args: string[]): string[] {
  const place = args.indexOf('--seed')
  return place < 0 ? args : args.toSpliced(place, 2)
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.')
  return value
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above zero.')
  return value
}

function named(text: string): Fault[] {
  const names = text.split(',').map((name) => name.trim())
  const found = names.map((name) => {
    const exact = catalogue.filter((fault) => fault.name === name)
    return exact.length > 0 ? exact : catalogue.filter((fault) => fault.name.includes(name))
  })
  const unknown = names.filter((_, place) => found[place]?.length === 0)
  if (unknown.length > 0)
    throw new InvalidArgumentError(`There is no fault ${unknown.join(', ')}; --list names them all.`)
  return [...new Set(found.flat())]
}

process.exitCode = await main(process.argv.slice(2))
