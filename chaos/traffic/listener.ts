import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { type Person, untilHeard } from './people.ts'

export type HeardWebhook = { eventId: string; isSigned: boolean }

/** What it wants to hear: not each order, which would be a workflow more for each. */
const wanted = ['order.cancelled', 'payment.failed', 'refund.success', 'return.refunded']

/** One webhook in so many is refused; another, in the middle between, is heard and never answered. */
const REFUSED_OF = 8

/**
 * Somebody's server that hears of the shop's events. It keeps what it heard, and whether it was signed with the secret of its
 * endpoint. It does not keep the process alive.
 */
export async function listenToWebhooks(api: string, staff: Person): Promise<readonly HeardWebhook[]> {
  const heard: HeardWebhook[] = []
  let secret = ''
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      heard.push({ eventId: JSON.parse(text).id, isSigned: isSignedBy(secret, request.headers, text) })
      const place = heard.length % REFUSED_OF
      if (place === REFUSED_OF / 2) request.socket.destroy()
      else response.writeHead(place === 0 ? 503 : 204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const body = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, events: wanted }
  const path = '/v1/webhook-endpoints'
  const made = await untilHeard(api, { method: 'POST', path, token: await staff.token(), body }, 201)
  secret = (made.body as { secret: string }).secret
  return heard
}

/** The signature alone: how old it is depends on clocks, which are set wrong here. */
function isSignedBy(secret: string, headers: Record<string, string | string[] | undefined>, text: string): boolean {
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1_000)
  const signature = new Webhook(secret).sign(String(headers['webhook-id']), sentAt, text)
  return String(headers['webhook-signature']).split(' ').includes(signature)
}
