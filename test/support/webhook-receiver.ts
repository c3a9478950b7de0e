import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export type Received = { headers: Record<string, string>; text: string; body: any }

/** Somebody's server that webhooks are sent to. */
export async function openReceiver() {
  const received: Received[] = []
  let answer: (n: number) => number = () => 204
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      received.push({ headers: request.headers as Record<string, string>, text, body: JSON.parse(text) })
      response.writeHead(answer(received.length)).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    of: (eventId: string) => received.filter(({ body }) => body.id === eventId),
    /** What the nth request is answered, from 1. */
    answers: (with_: (n: number) => number) => void (answer = with_),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** What a careful receiver does: throws where the signature is not one of the secret's. */
export const verified = ({ headers, text }: Received, secret: string): unknown =>
  new Webhook(secret).verify(text, headers)
