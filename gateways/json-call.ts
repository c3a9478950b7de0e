import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { GatewayUnavailable } from './unavailable.ts'

export type JsonCall = { method: 'GET' | 'POST'; path: string; body?: object | undefined; key?: string | undefined }

export type JsonAnswer = { status: number; json: unknown }

export type CallerConfig = {
  baseUrl: string
  timeoutMs: number
  /** Ends calls early, for a process that is going down. */
  signal?: AbortSignal | undefined
}

/** No answer of another system is longer; one that is does not fill our memory. */
const MAX_ANSWER_BYTES = 1_048_576

/**
 * One request to another system of ours to trust little: it has its time, it goes nowhere else, its answer has a size.
 * What was not answered at all is `GatewayUnavailable`; what an answer means is for the client to say. Node's own client
 * takes half the processor time of `fetch`, and follows no redirect.
 */
export function createCaller({ baseUrl, timeoutMs, signal }: CallerConfig) {
  const base = new URL(baseUrl)
  const { request } = base.protocol === 'https:' ? https : http

  return async ({ method, path, body, key }: JsonCall): Promise<JsonAnswer> => {
    const text = body && JSON.stringify(body)
    const headers = {
      accept: 'application/json',
      ...(text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(key && { 'idempotency-key': key }),
    }
    const asked = request(new URL(path, base), { method, headers, signal })
    const timer = setTimeout(() => asked.destroy(new Error(`No answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        asked.once('response', resolve).on('error', reject).end(text)
      })
      const status = answer.statusCode ?? 0
      if (status >= 300 && status < 400) throw new Error(`It was sent on to ${answer.headers.location}`)
      return { status, json: parseJson(await textOf(answer)) }
    } catch (error) {
      asked.destroy()
      throw new GatewayUnavailable(`${method} ${path} was not answered`, { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`The answer is longer than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
