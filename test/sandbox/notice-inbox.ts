import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Letter = { id: string; body: string; headers: Headers; type: string; data: Record<string, unknown> }

/** The shop's end of the notices: keeps what arrives and answers as it is told to. */
export async function openInbox() {
  const letters: Letter[] = []
  let answer: (letter: Letter) => number = () => 200

  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const headers = new Headers(request.headers as Record<string, string>)
    const { type, data } = JSON.parse(body)
    const letter = { id: headers.get('webhook-id') as string, body, headers, type, data }
    letters.push(letter)
    response.writeHead(answer(letter)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices`,
    letters,
    about: (orderId: string) => letters.filter((letter) => letter.data.order_id === orderId),
    answerWith: (decide: (letter: Letter) => number) => {
      answer = decide
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
