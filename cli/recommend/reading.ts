import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'

export type Line = { words: string[]; line: number }

/** A line that cannot be used, and why. */
export type BadLine = { line: number; why: string }

/** The lines of a CSV file, gzipped or not, one after the other: it may be larger than memory. */
export async function* linesOf(file: string): AsyncGenerator<Line> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
  })
  const source = createReadStream(file)
  source.on('error', (error) => parser.destroy(error))
  if (file.endsWith('.gz')) {
    const unzipped = source.pipe(createGunzip())
    unzipped.on('error', (error) => parser.destroy(error))
    unzipped.pipe(parser)
  } else {
    source.pipe(parser)
  }
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
    yield { words: record, line: info.lines }
}
