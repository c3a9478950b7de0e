import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { PassThrough, type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, gunzipSync, constants } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { CannotRun } from '../running-stack.ts'

/** One row of a file with the line it stands on, or what is wrong with that line. */
export type FileRow = { line: number } & ({ row: Record<string, unknown> } | { wrong: string })

type Options = {
  /** Hears of the bytes of the file as they are read. */
  onBytes?: (bytes: number) => void
}

const SNIFFED_BYTES = 64 * 1024
const MAX_LINE_CHARACTERS = 1_000_000

/**
 * The rows of a CSV or JSON Lines file, gzip or not, told apart by what is in it and not by its name. Rows are read as
 * they are asked for, so that a file of any size takes the same memory.
 */
export async function* readRows(path: string, { onBytes }: Options = {}): AsyncGenerator<FileRow> {
  const start = await firstBytes(path)
  const text = textOf(start)
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes?.(chunk.length)
      done(null, chunk)
    },
  })
  const plain = new PassThrough()
  const steps = isGzip(start) ? [counting, createGunzip(), plain] : [counting, plain]
  // What goes wrong on the way ends the reading of rows below.
  const reading = pipeline([createReadStream(path), ...steps]).catch(() => {})
  try {
    yield* formatOf(text, path) === 'json' ? jsonRows(plain) : csvRows(plain, separatorOf(text))
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw new CannotRun(`${path} cannot be read to its end: ${error.message}`)
    throw error
  } finally {
    plain.destroy()
    await reading
  }
}

async function* jsonRows(input: Readable): AsyncGenerator<FileRow> {
  let line = 0
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (text.trim() === '' || text === '\uFEFF') continue
    yield { line, ...jsonRow(line === 1 ? text.replace(/^\uFEFF/, '') : text) }
  }
}

function jsonRow(text: string): { row: Record<string, unknown> } | { wrong: string } {
  if (text.length > MAX_LINE_CHARACTERS) return { wrong: `is longer than ${MAX_LINE_CHARACTERS} characters` }
  try {
    const row: unknown = JSON.parse(text)
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return { row: row as Record<string, unknown> }
    return { wrong: 'is not a JSON object' }
  } catch (error) {
    return { wrong: `is not JSON: ${(error as Error).message}` }
  }
}

async function* csvRows(input: Readable, delimiter: string): AsyncGenerator<FileRow> {
  const skipped: FileRow[] = []
  let header: string[] | undefined
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    trim: false,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_LINE_CHARACTERS,
    // People write 1/2" x 10' pipe without doubling the sign.
    relax_quotes: true,
  })
  parser.on('skip', (error: CsvError) => skipped.push({ line: lineOf(error), wrong: `is not CSV: ${error.message}` }))
  input.once('error', (error) => parser.destroy(error))
  input.pipe(parser)
  let line = 1
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      // Told in the order of the lines: whoever goes on after a line must not meet an earlier one later.
      while (skipped[0] && skipped[0].line < info.lines) yield skipped.shift() as FileRow
      if (!header) header = record.map((name) => name.trim())
      else if (record.length !== header.length)
        yield { line, wrong: `has ${record.length} fields, and the header ${header.length}` }
      else yield { line, row: Object.fromEntries(header.map((name, column) => [name, record[column] ?? ''])) }
      line = info.lines + 1
    }
    yield* skipped
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    yield* skipped
    yield { line, wrong: `is not CSV, and neither is what follows: ${error.message}` }
  } finally {
    parser.destroy()
  }
}

const lineOf = (error: CsvError): number => (error as { lines?: number }).lines ?? 0

async function firstBytes(path: string): Promise<Buffer> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0)
    if (bytesRead === 0) throw new CannotRun(`${path} is empty`)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    if (error instanceof CannotRun) throw error
    throw new CannotRun(`${path} cannot be read: ${(error as Error).message}`)
  } finally {
    await file?.close()
  }
}

const isGzip = (start: Buffer) => start[0] === 0x1f && start[1] === 0x8b

function textOf(start: Buffer): string {
  const bytes = isGzip(start) ? gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }) : start
  return bytes.toString('utf8').replace(/^\uFEFF/, '')
}

function formatOf(text: string, path: string): 'json' | 'csv' {
  if (text.trimStart().startsWith('['))
    throw new CannotRun(`${path} holds a JSON array; JSON Lines is needed, one object on each line`)
  return text.trimStart().startsWith('{') ? 'json' : 'csv'
}

/** Most CSV has commas; the header shows when it has something else. */
function separatorOf(text: string): string {
  const [header = ''] = text.split('\n', 1)
  const count = (separator: string) => header.split(separator).length
  return [',', '\t', ';'].reduce((best, each) => (count(each) > count(best) ? each : best))
}
