import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWebhookSender } from '../../gateways/webhooks/sender.ts'

/** Names as a resolver knows them that an attacker may own. */
const names: Record<string, string> = {
  'public.example.com': '93.184.215.14',
  'inside.example.com': '10.0.0.8',
  'metadata.example.com': '169.254.169.254',
  'v6.example.com': 'fd00::1',
}
const resolve = (host: string, then: (error: Error | null, found: { address: string; family: number }[]) => void) => {
  const address = names[host]
  if (address) then(null, [{ address, family: address.includes(':') ? 6 : 4 }])
  else then(new Error(`getaddrinfo ENOTFOUND ${host}`), [])
}
const sender = createWebhookSender({ resolve })

const refused = [
  ['loopback', 'http://127.0.0.1/'],
  ['loopback, another of it', 'http://127.8.9.10/'],
  ['loopback in hexadecimal', 'http://0x7f.1/'],
  ['loopback in octal', 'http://0177.0.0.1/'],
  ['loopback as one number', 'http://2130706433/'],
  ['loopback in two parts', 'http://127.1:8080/'],
  ['loopback in full-width digits', 'http://１２７.0.0.1/'],
  ['loopback of IPv6', 'http://[::1]/'],
  ['loopback as IPv4 within IPv6', 'http://[::ffff:127.0.0.1]/'],
  ['a private address within NAT64', 'http://[64:ff9b::a00:1]/'],
  ['a private address within 6to4', 'http://[2002:a00:1::]/'],
  ['the unspecified address', 'http://0.0.0.0/'],
  ['the unspecified address of IPv6', 'http://[::]/'],
  ['the metadata of a cloud', 'http://169.254.169.254/latest/meta-data/'],
  ['10/8', 'https://10.1.2.3/'],
  ['172.16/12', 'https://172.16.0.1/'],
  ['192.168/16', 'https://192.168.1.1/'],
  ['carrier-grade NAT', 'https://100.64.0.1/'],
  ['multicast', 'https://224.0.0.1/'],
  ['broadcast', 'https://255.255.255.255/'],
  ['a unique local address', 'https://[fd12:3456::1]/'],
  ['a link-local address', 'https://[fe80::1]/'],
  ['localhost', 'http://localhost:8080/'],
  ['localhost, with the dot of a full name', 'http://localhost./'],
  ['a name beneath localhost', 'http://shop.localhost/'],
  ['a name without a dot', 'http://redis:6379/'],
  ['a name of the inside', 'http://db.internal/'],
  ['a name that leads to a private address', 'http://inside.example.com/'],
  ['a name that leads to the metadata', 'http://metadata.example.com/'],
  ['a name that leads to a local address of IPv6', 'http://v6.example.com/'],
  ['a file', 'file:///etc/passwd'],
  ['gopher', 'gopher://example.com/'],
  ['javascript', 'javascript:alert(1)'],
  ['a user name', 'https://ada@example.com/'],
  ['a password', 'https://ada:secret@example.com/'],
  ['no URL', 'example.com/hook'],
] as const

describe('a webhook goes nowhere but to public addresses', () => {
  test.each(refused)('%s is refused when it is saved', async (_, url) => {
    expect(await sender.whyNot(url)).toMatch(/^Must /)
  })

  test.each(['https://public.example.com/hook', 'http://93.184.215.14:8080/', 'https://not.known.yet.example.com/'])(
    '%s is taken',
    async (url) => {
      expect(await sender.whyNot(url)).toBeUndefined()
    },
  )
})

describe('sending', () => {
  let url: string
  let listener: RequestListener = () => {}
  const server = createServer((request, response) => listener(request, response))
  let heard = 0
  beforeAll(async () => {
    server.on('connection', () => void heard++)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const post = (to: string, from = createWebhookSender({ allowPrivate: true, timeoutMs: 300 })) =>
    from.post({ url: to, headers: { 'content-type': 'application/json' }, body: '{}' })

  test('an address that was saved before it was forbidden is not even connected to', async () => {
    const before = heard
    for (const to of [url, url.replace('127.0.0.1', '[::ffff:127.0.0.1]'), url.replace('127.0.0.1', 'localhost')])
      expect(await post(to, sender)).toMatchObject({ failure: expect.stringMatching(/public address/) })
    expect(heard).toBe(before)
  })

  test('a name that leads inside only once it was saved is not followed there', async () => {
    let address = '93.184.215.14'
    const rebinding = createWebhookSender({ resolve: (_, then) => then(null, [{ address, family: 4 }]) })
    const to = url.replace('127.0.0.1', 'rebinding.example.com')
    expect(await rebinding.whyNot(to)).toBeUndefined()
    address = '127.0.0.1'
    const before = heard
    expect(await post(to, rebinding)).toMatchObject({ failure: 'Must be at a public address' })
    expect(heard).toBe(before)
  })

  test('a redirect is an answer and is not followed', async () => {
    listener = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    expect(await post(url)).toMatchObject({ status: 302 })
  })

  test('who does not answer is left after a while', async () => {
    listener = () => {}
    expect(await post(url)).toMatchObject({ failure: 'No answer within 300 ms' })
  })

  test('who sends without end is not listened to for long, and of what it says a little is kept', async () => {
    listener = (_, response) => {
      response.writeHead(200)
      const more = () => void (!response.destroyed && response.write('x'.repeat(16_384), () => setImmediate(more)))
      more()
    }
    const answer = await post(url, createWebhookSender({ allowPrivate: true }))
    expect(answer).toMatchObject({ status: 200, answer: 'x'.repeat(500) })
  })

  test('nobody there is a failure with a reason', async () => {
    expect(await post('http://127.0.0.1:1/')).toMatchObject({ failure: expect.stringMatching(/ECONNREFUSED/) })
  })
})
