import { Agent, type IncomingMessage, request } from 'node:http'
import type { Heard, History, Operation, Send } from './history.ts'
import type { Meter } from './meter.ts'

export type Request = {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT'
  path: string
  body?: unknown
  token?: string
  /** Leaves after so long without waiting for the answer. */
  hangUpAfterMs?: number
}

export type Client = {
  /** Sends it once and writes down what came of it. */
  send(operation: Operation, what: Request): Promise<Send>
  close(): void
}

/** Longer than the shop makes anyone wait. */
const TIMEOUT_MS = 15_000

/** A client with connections of its own, each used for one request at a time, as browsers and other shops have them. */
export function createClient(baseUrl: string, history: History, meter: Meter): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 512, scheduling: 'fifo' })
  return {
    close: () => agent.destroy(),
    async send(operation, what) {
      const send: Send = { sentMs: history.nowMs(), heardMs: null }
      operation.sends.push(send)
      try {
        const headers: Record<string, string> = operation.kind === 'look' ? {} : { 'idempotency-key': operation.key }
        const answer = await exchange(new URL(what.path, baseUrl), { ...what, agent, headers })
        send.heard = heardFrom(answer)
      } catch (error) {
        send.lost = error instanceof Lost ? error.why : ((error as NodeJS.ErrnoException).code ?? 'unknown')
      }
      send.heardMs = send.heard ? history.nowMs() : null
      meter.sent(operation, send)
      return send
    },
  }
}

class Lost extends Error {
  readonly why: string
  constructor(why: string) {
    super(why)
    this.why = why
  }
}

export type RawAnswer = { status: number; replayed: boolean; body: unknown }

type Exchange = Request & { agent?: Agent; headers?: Record<string, string> /** Sent as it is. */; rawBody?: string }

/** One HTTP exchange; a lost one throws. */
export function exchange(
  url: URL,
  { method, body, rawBody, token, hangUpAfterMs, agent, headers }: Exchange,
): Promise<RawAnswer> {
  const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      method,
      agent,
      headers: {
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    })
    const timer = setTimeout(() => sending.destroy(new Lost('timed out')), TIMEOUT_MS)
    sending.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    sending.on('response', (response) =>
      read(response).then(
        (answer) => {
          clearTimeout(timer)
          resolve(answer)
        },
        (error: Error) => {
          clearTimeout(timer)
          sending.destroy()
          reject(error)
        },
      ),
    )
    if (hangUpAfterMs !== undefined)
      sending.on('finish', () => setTimeout(() => sending.destroy(new Lost('hung up')), hangUpAfterMs))
    sending.end(text)
  })
}

async function read(response: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  if (!response.complete) throw new Lost('cut off')
  const text = Buffer.concat(chunks).toString('utf8')
  const isJson = response.headers['content-type']?.includes('json') && text !== ''
  return {
    status: response.statusCode ?? 0,
    replayed: response.headers['idempotency-replayed'] === 'true',
    body: isJson ? JSON.parse(text) : undefined,
  }
}

type Body = {
  id?: string
  code?: string
  status?: string | number
  payment_status?: string
  order_id?: string
  next_action?: { payment_intent_id: string }
  review_until?: string
}

/** Only what the checks ask about: a whole run is kept in memory. */
function heardFrom({ status, replayed, body }: RawAnswer): Heard {
  const answer = (body ?? {}) as Body
  const isOrder = typeof answer.payment_status === 'string'
  const orderId = isOrder ? answer.id : answer.order_id
  const isRefund = answer.id?.startsWith('re_')
  const isReplenishment = answer.id?.startsWith('po_')
  return {
    status,
    replayed,
    ...(answer.code !== undefined && { code: answer.code }),
    ...(orderId !== undefined && { orderId }),
    ...(isOrder && { orderStatus: String(answer.status), paymentStatus: answer.payment_status }),
    ...(isReplenishment && { replenishmentId: answer.id }),
    ...(answer.id?.startsWith('ret_') && { returnId: answer.id }),
    ...(isRefund && { refundId: answer.id, refundStatus: String(answer.status) }),
    ...(isOrder && answer.next_action && { waitsFor: { intentId: answer.next_action.payment_intent_id } }),
    ...(isOrder && answer.review_until && { waitsFor: 'review' as const }),
  }
}
