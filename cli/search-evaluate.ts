import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errors } from '@opensearch-project/opensearch'
import { Command, CommanderError } from 'commander'
import { screenOf } from '../stack/progress.ts'
import { startOpenSearch } from '../stack/servers/opensearch.ts'
import { openSite } from '../stack/site.ts'
import { evaluate } from './evaluation/evaluate.ts'
import { checkFiles } from './evaluation/judged-files.ts'
import { evaluationTable } from './evaluation/report.ts'
import { CannotRun } from './running-stack.ts'

type Options = { products: string; judgements: string; json?: string }

async function main(args: string[]): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new CannotRun(`It was ended by ${signal}`)))
  try {
    await run(readOptions(args), stop.signal)
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof errors.OpenSearchClientError) console.error(`✗ OpenSearch does not answer: ${error.message}.`)
    else console.error(error instanceof CannotRun ? `✗ ${error.message}.` : error)
    return 1
  }
}

function readOptions(args: string[]): Options {
  return new Command('npm run search:evaluate --')
    .description('Measures how well the search finds what people call relevant, beside plain BM25 in the same run.')
    .requiredOption('--products <file>', 'id,name,description,category: CSV or JSON Lines, gzip too')
    .requiredOption(
      '--judgements <file>',
      'query,product_id,relevance (a number, higher is better): the same kinds of file',
    )
    .option('--json <file>', 'leaves the figures there too')
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Options>()
}

async function run(options: Options, stop: AbortSignal): Promise<void> {
  const screen = screenOf(process.stderr)
  await checkFiles(options.products, options.judgements)
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-evaluate-'))
  const site = await openSite({ dataDir, ...screen })
  try {
    const server = await startOpenSearch(site)
    if (!server) throw new CannotRun('Search cannot be evaluated without OpenSearch: install it, or set OPENSEARCH_URL')
    const results = await evaluate({ ...options, url: server.url, screen, stop })
    console.log(evaluationTable(results))
    if (options.json) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
  } finally {
    await site.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

process.exitCode = await main(process.argv.slice(2))
