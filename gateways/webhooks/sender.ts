import { lookup as askResolver, type LookupAddress } from 'node:dns'
import { request as http, type IncomingMessage } from 'node:http'
import { request as https } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { hostOf, isPublic, notPublic, whyNotUrl } from './addresses.ts'

export type WebhookPost = { url: string; headers: Record<string, string>; body: string }

/** What came back: the status with the beginning of the answer, or why nothing did. */
export type WebhookAnswer = ({ status: number; answer: string } | { failure: string }) & { tookMs: number }

export type WebhookSender = ReturnType<typeof createWebhookSender>

type Resolve = (host: string, then: (error: Error | null, addresses: LookupAddress[]) => void) => void

type Options = {
  /** For stacks whose receivers are on the same machine. */
  allowPrivate?: boolean
  timeoutMs?: number
  resolve?: Resolve
}

const SEND_WITHIN_MS = 5_000
const RESOLVE_WITHIN_MS = 2_000
const MOST_READ_BYTES = 64 * 1024
const MOST_KEPT_CHARACTERS = 500

const resolveAll: Resolve = (host, then) => askResolver(host, { all: true }, then)

/**
 * Sends to addresses that others chose. Where a name leads is looked at when the connection is made, and the connection
 * goes to that very address: a name that leads elsewhere by then (DNS rebinding) leads nowhere. No redirect is followed.
 */
export function createWebhookSender(options: Options = {}) {
  const { allowPrivate = false, timeoutMs = SEND_WITHIN_MS, resolve = resolveAll } = options
  const isAllowed = (address: string) => allowPrivate || isPublic(address)

  const lookup: LookupFunction = (host, { all }, then) =>
    resolve(host, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) return then(error ?? new Error(`${host} has no address`), [])
      if (!addresses.every(({ address }) => isAllowed(address))) return then(new Error(notPublic), [])
      return all ? then(null, addresses) : then(null, first.address, first.family)
    })

  return {
    /** Why no endpoint may be at this URL. A name that is not known right now is asked for again at each delivery. */
    whyNot: async (text: string): Promise<string | undefined> => {
      const why = whyNotUrl(text, { allowPrivate })
      if (why !== undefined || allowPrivate) return why
      const host = hostOf(new URL(text))
      if (isIP(host)) return undefined
      const addresses = await new Promise<LookupAddress[]>((settle) => {
        setTimeout(settle, RESOLVE_WITHIN_MS, []).unref()
        resolve(host, (error, found) => settle(error ? [] : found))
      })
      return addresses.every(({ address }) => isAllowed(address)) ? undefined : notPublic
    },

    async post({ url, headers, body }: WebhookPost): Promise<WebhookAnswer> {
      const startedAt = performance.now()
      const why = whyNotUrl(url, { allowPrivate })
      const result = why === undefined ? await send(new URL(url), headers, body).catch(asFailure) : { failure: why }
      return { ...result, tookMs: Math.round(performance.now() - startedAt) }
    },
  }

  function send(url: URL, headers: Record<string, string>, body: string): Promise<{ status: number; answer: string }> {
    return new Promise((answered, failed) => {
      const signal = AbortSignal.timeout(timeoutMs)
      const length = Buffer.byteLength(body)
      const sent = (url.protocol === 'https:' ? https : http)(
        url,
        // A connection that is kept would be used again without a look at where its name leads now.
        { method: 'POST', agent: false, lookup, signal, headers: { ...headers, 'content-length': length } },
        (response) =>
          beginningOf(response).then((answer) => answered({ status: response.statusCode ?? 0, answer }), failed),
      )
      sent.on('error', (error) => failed(signal.aborted ? new Error(`No answer within ${timeoutMs} ms`) : error))
      sent.end(body)
    })
  }
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop closes the connection: whoever sends on sends to nobody.
    if (bytes >= MOST_READ_BYTES) break
  }
  const text = Buffer.concat(chunks).subarray(0, MOST_READ_BYTES).toString('utf8')
  return text
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, MOST_KEPT_CHARACTERS)
    .toWellFormed()
}

const asFailure = (error: Error & { code?: string }) => ({
  failure: (error.message || error.code || 'No connection').slice(0, MOST_KEPT_CHARACTERS),
})
