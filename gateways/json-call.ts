import { GatewayUnavailable } from './payment/port.ts'

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
 * What was not answered at all is `GatewayUnavailable`; what an answer means is for the client to say.
 */
export const createCaller =
  ({ baseUrl, timeoutMs, signal }: CallerConfig) =>
  async ({ method, path, body, key }: JsonCall): Promise<JsonAnswer> => {
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const response = await fetch(new URL(path, baseUrl), {
        method,
        redirect: 'error',
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(key && { 'idempotency-key': key }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
      return { status: response.status, json: parseJson(await textOf(response)) }
    } catch (error) {
      throw new GatewayUnavailable(`${method} ${path} was not answered`, { cause: error })
    }
  }

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
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
