import { Command, CommanderError } from 'commander'
import { basketCount } from '../domain/recommendation/baskets.ts'
import type { HistoryChoice } from '../domain/recommendation/choosing.ts'
import { readBaskets } from './recommend/baskets-file.ts'
import { evaluateBaskets, evaluateHistories, type Evaluation } from './recommend/evaluation.ts'
import { readInteractions } from './recommend/interactions-file.ts'
import type { BadLine } from './recommend/reading.ts'
import { CannotRun } from './running-stack.ts'
import { print, printTable } from './operate/print.ts'

const BAD_LINES_SHOWN = 20

type Options = { baskets?: string; interactions?: string }

async function main(args: string[]): Promise<number> {
  try {
    const options = new Command('npm run recommend:evaluate --')
      .description(
        'Measures the recommendations on a file, gzipped or not, beside popularity and plain item-cosine of the same run. ' +
          'What is asked is never learnt from. Exit 2: could not be done.',
      )
      .option('--baskets <file>', 'one basket a line, comma-separated items; each item is left out and asked for once')
      .option(
        '--interactions <file>',
        'CSV user_id,item_id,timestamp,quantity; the last basket of each user is asked for',
      )
      .exitOverride()
      .parse(args, { from: 'user' })
      .opts<Options>()
    await evaluate(options)
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const isExplained = error instanceof CannotRun || (error instanceof Error && 'code' in error)
    console.error(isExplained ? `${error.message}.` : error)
    return 2
  }
}

async function evaluate({ baskets, interactions }: Options): Promise<void> {
  if ((baskets === undefined) === (interactions === undefined))
    throw new CannotRun('Say what to measure with: --baskets FILE or --interactions FILE')
  const bad: BadLine[] = []
  const say = (step: string) => console.error(`… ${step}`)
  const onBad = (line: BadLine) => void bad.push(line)
  if (baskets !== undefined) {
    const read = await readBaskets(baskets, onBad)
    tellBad(bad)
    print(`${basketCount(read)} baskets of ${read.itemCount} items, ${read.items.length} lines.`)
    if (basketCount(read) < 10) throw new CannotRun('There are too few baskets to learn from some and ask the others')
    report(evaluateBaskets(read, say), 'cases of one item left out of its basket')
  } else if (interactions !== undefined) {
    const read = await readInteractions(interactions, onBad)
    tellBad(bad)
    const users = read.users.length - 1
    print(`${users} users, ${basketCount(read.baskets)} baskets of ${read.baskets.itemCount} items.`)
    const evaluation = evaluateHistories(read, say)
    if (evaluation.cases === 0) throw new CannotRun('No user has two baskets, so there is none to ask for')
    report(evaluation, 'users whose last basket was asked for')
  }
}

function tellBad(bad: readonly BadLine[]): void {
  for (const { line, why } of bad.slice(0, BAD_LINES_SHOWN)) console.error(`line ${line}: ${why}`)
  if (bad.length > BAD_LINES_SHOWN) console.error(`and ${bad.length - BAD_LINES_SHOWN} more`)
  if (bad.length > 0) console.error(`${bad.length} lines were left out.`)
}

function report({ rows, chosen, cases }: Evaluation, what: string): void {
  print(`${cases} ${what}.\n`)
  printTable(
    ['method', 'hit-rate@10', 'nDCG@10', 'coverage', 'training', 'peak memory'],
    rows.map(({ method, figures, trainingMs, peakMiB }) => [
      method,
      figures.hitRate.toFixed(4),
      figures.ndcg.toFixed(4),
      figures.coverage.toFixed(3),
      `${(trainingMs / 1_000).toFixed(2)} s`,
      `${Math.round(peakMiB)} MiB`,
    ]),
    '',
  )
  for (const words of new Set(chosen.map(choiceInWords))) print(`chosen: ${words}`)
}

function choiceInWords({ ridge, shrinkage, blend, decay, learnsFrom }: Partial<HistoryChoice>): string {
  return [
    ridge && `penalty ${ridge.penalty}, dropout ${ridge.dropout}`,
    blend && `constant × ${blend.constant}, ridge × ${blend.ridge}, cosine × ${blend.cosine} (shrinkage ${shrinkage})`,
    learnsFrom && `bought before ${blend?.own === undefined ? 'left out' : `× ${blend.own}`}`,
    learnsFrom && `decay ${decay}, learns from ${learnsFrom}`,
  ]
    .filter(Boolean)
    .join('; ')
}

process.exitCode = await main(process.argv.slice(2))
