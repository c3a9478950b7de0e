import http from 'node:http'
import https from 'node:https'
import type { DatabaseSync } from 'node:sqlite'
import { Webhook } from 'standardwebhooks'
import { v7 as uuid } from 'uuid'
import type { Faults } from './faults.ts'
import type { Intent } from './intents.ts'
import type { Settings } from './settings.ts'

type NoticeType =
  `payment.${'authorized' | 'declined' | 'captured' | 'voided' | 'refunded' | 'disputed' | 'dispute_won' | 'dispute_lost'}`

export type Announce = (type: NoticeType, intent: Intent, amount: number, refundId?: string) => void

/** Writes a notice down in the transaction that makes it true; it leaves for the shop afterwards. */
export function createAnnounce(db: DatabaseSync, settings: Settings, faults: Faults, wake: () => void): Announce {
  const insert = db.prepare('insert into notices (id, body, created_at, next_attempt_at) values (?, ?, ?, ?)')

  return (type, intent, amount, refundId) => {
    const now = Date.now()
    const body = JSON.stringify({
      type,
      timestamp: new Date(now).toISOString(),
      data: {
        intent_id: intent.id,
        order_id: intent.order_id,
        status: intent.status,
        amount,
        currency: intent.currency,
        ...(refundId && { refund_id: refundId }),
      },
    })
    const { delay_ms, shuffle } = settings.webhook
    const delayMs = shuffle ? Math.round(faults.chance() * delay_ms) : delay_ms
    insert.run(`evt_${uuid()}`, body, now, now + delayMs)
    setImmediate(wake)
  }
}

type Notice = { id: string; body: string; created_at: number; attempts: number; next_attempt_at: number }

const atOnce = 8
const answerTimeoutMs = 10_000
const firstRetryMs = 500
const longestRetryMs = 3_600_000
/** After this long nobody is coming back for it. */
const giveUpAfterMs = 3 * 86_400_000

/** Delivers every notice at least once, under the same id each time, until the shop answers 2xx. */
export function createNoticeSender(db: DatabaseSync, settings: Settings, faults: Faults, secret: string) {
  const signer = new Webhook(secret)
  const waiting = db.prepare('select * from notices order by next_attempt_at limit ?')
  const remove = db.prepare('delete from notices where id = ?')
  const postpone = db.prepare('update notices set attempts = ?, next_attempt_at = ? where id = ?')
  const inFlight = new Map<string, Promise<void>>()
  const closing = new AbortController()
  let timer: NodeJS.Timeout | undefined

  return {
    wake: sendDue,
    async close(): Promise<void> {
      closing.abort()
      clearTimeout(timer)
      await Promise.all(inFlight.values())
    },
  }

  function sendDue(): void {
    clearTimeout(timer)
    const url = settings.webhook_url
    if (url === null || closing.signal.aborted || inFlight.size >= atOnce) return
    for (const notice of waiting.all(inFlight.size + atOnce) as Notice[]) {
      if (inFlight.has(notice.id)) continue
      const waitMs = notice.next_attempt_at - Date.now()
      if (waitMs > 0) {
        timer = setTimeout(sendDue, waitMs)
        return
      }
      if (inFlight.size >= atOnce) return
      const attempt = deliver(notice, url).finally(() => {
        inFlight.delete(notice.id)
        sendDue()
      })
      inFlight.set(notice.id, attempt)
    }
  }

  async function deliver(notice: Notice, url: string): Promise<void> {
    const arrived = !faults.happens(settings.webhook.drop) && (await send(notice, url))
    if (closing.signal.aborted && !arrived) return // it is still due at the next start
    if (!arrived) return retryLater(notice)
    if (faults.happens(settings.webhook.duplicate)) await send(notice, url)
    remove.run(notice.id)
  }

  /** By Node's own client, which takes half the processor time of `fetch`. A redirect is no answer. */
  function send(notice: Notice, url: string): Promise<boolean> {
    const now = new Date()
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(notice.body),
      'webhook-id': notice.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signer.sign(notice.id, now, notice.body),
    }
    const { request } = url.startsWith('https:') ? https : http
    return new Promise((resolve) => {
      const asked = request(url, { method: 'POST', headers, signal: closing.signal })
      const late = setTimeout(() => asked.destroy(), answerTimeoutMs)
      asked.once('response', (response) => {
        const { statusCode = 0 } = response
        // Read to its end, so that the connection can be used again.
        response.resume().once('end', () => resolve(statusCode >= 200 && statusCode < 300))
      })
      asked.on('error', () => resolve(false))
      asked.once('close', () => {
        clearTimeout(late)
        resolve(false)
      })
      asked.end(notice.body)
    })
  }

  function retryLater(notice: Notice): void {
    if (Date.now() - notice.created_at > giveUpAfterMs) {
      console.error(`The notice ${notice.id} was given up after ${notice.attempts + 1} attempts.`)
      remove.run(notice.id)
      return
    }
    const backoffMs = Math.min(firstRetryMs * 2 ** notice.attempts, longestRetryMs) * (0.8 + 0.4 * Math.random())
    postpone.run(notice.attempts + 1, Date.now() + Math.round(backoffMs), notice.id)
  }
}
