import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { WorkflowHandle } from '@temporalio/client'

export type History = { events: Record<string, unknown>[] }

const folder = fileURLToPath(new URL('histories/', import.meta.url))

export const recordedNames = (): string[] => readdirSync(folder).map((name) => name.replace(/\.json$/, ''))

export const readHistory = (name: string): History => JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8'))

/** One event a line: what changed between two recordings can be read. */
export function writeHistory(name: string, { events }: History): void {
  const lines = events.map((event) => JSON.stringify(withoutPlaces(event)))
  writeFileSync(`${folder}${name}.json`, `{"events":[\n${lines.join(',\n')}\n]}\n`)
}

export const fetchHistory = async (handle: WorkflowHandle): Promise<History> =>
  JSON.parse(JSON.stringify(await handle.fetchHistory()))

/**
 * As the engine's worker wants it. Its own reading of JSON (`historyFromJSON`) fails where npm has put more than one
 * protobufjs beneath the packages of the SDK; this is the class which that would make.
 */
export function asEngineHistory(history: History): unknown {
  const ofSdk = createRequire(createRequire(import.meta.url).resolve('@temporalio/client'))
  const { temporal } = ofSdk('@temporalio/proto')
  return temporal.api.history.v1.History.fromObject(history)
}

/** Where something ran is of no interest to a replay, nor to whoever reads the recording. (How strict it is, is in sdkMetadata.) */
const places = new Set(['identity', 'stackTrace', 'binaryChecksum', 'workerVersion'])

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => !places.has(name))
  const isWorkersOwnQueue = 'normalName' in value && value.normalName !== ''
  return Object.fromEntries(
    kept.map(([name, each]) => [name, isWorkersOwnQueue && name === 'name' ? 'sticky' : withoutPlaces(each)]),
  )
}

/** Everything that can be read in a history, payloads included. */
export function readable(value: unknown): string {
  if (typeof value === 'string') return `${value}\n${Buffer.from(value, 'base64').toString('utf8')}\n`
  if (typeof value !== 'object' || value === null) return ''
  return Object.values(value).map(readable).join('')
}
