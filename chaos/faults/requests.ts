import { randomUUID } from 'node:crypto'
import { type Socket, connect } from 'node:net'
import { Client, Connection } from '@temporalio/client'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { orderWorkflowId } from '../../domain/ids.ts'
import type { Fault, World } from '../fault.ts'
import { between, pick } from '../random.ts'
import { exchange } from '../traffic/client.ts'
import { answersOf } from '../traffic/history.ts'
import type { Traffic } from '../traffic/index.ts'

const needsCustomers = async ({ traffic }: World) => (traffic ? undefined : 'this run has no customers')

const customersOf = ({ traffic }: World): Traffic => {
  if (!traffic) throw new Error('this run has no customers')
  return traffic
}

const crowds: Fault[] = [
  {
    name: 'overload',
    kind: 'client',
    expectation:
      'Three times as many customers as usual: answers take longer, none is wrong, and it passes with the crowd.',
    unavailable: needsCustomers,
    async inject(world, random) {
      const [shoppers, holdMs] = [48, between(random, 2_000, 5_000)]
      const crowd = customersOf(world).crowd(shoppers, holdMs, random.next())
      crowd.catch(() => undefined)
      return { what: `${shoppers} more customers at once for ${holdMs} ms`, holdMs, heal: () => crowd }
    },
  },
  {
    name: 'burst-of-duplicates',
    kind: 'client',
    expectation: 'One checkout is sent many times at the same moment: it is one order, and all of them hear of it.',
    unavailable: needsCustomers,
    async inject(world, random) {
      const copies = between(random, 20, 40)
      const burst = customersOf(world).burst(copies, random.next())
      burst.catch(() => undefined)
      return { what: `one checkout sent ${copies} times at once`, holdMs: 0, heal: () => burst }
    },
  },
]

/** Sent as they are; none of them may cost anybody else anything. */
const poisons: ((random: RandomGenerator) => { what: string; body: string })[] = [
  () => ({ what: 'half a JSON', body: '{"items":[{"product_id":' }),
  () => ({ what: 'deep JSON', body: '['.repeat(20_000) + ']'.repeat(20_000) }),
  () => ({ what: 'a megabyte', body: JSON.stringify({ items: 'x'.repeat(1_000_000) }) }),
  () => ({ what: '__proto__', body: '{"__proto__":{"status":"paid"},"constructor":{"prototype":{"isAdmin":true}}}' }),
  () => ({ what: 'NUL and lone surrogates', body: '{"items":[{"product_id":"\\u0000\\ud800","quantity":1}]}' }),
  () => ({ what: 'a number beyond all numbers', body: '{"items":[{"product_id":"prd_1","quantity":1e309}]}' }),
  (random) => ({
    what: 'noise',
    body: Array.from({ length: 300 }, () => String.fromCodePoint(between(random, 1, 0xd7ff))).join(''),
  }),
]

const badBodies: Fault = {
  name: 'poisoned-bodies',
  kind: 'client',
  expectation: 'Broken, huge and malicious bodies are refused with 4xx, while everybody else is served.',
  unavailable: needsCustomers,
  async inject(world, random) {
    const token = await pick(random, customersOf(world).customers).token()
    const chosen = Array.from({ length: 30 }, () => pick(random, poisons)(random))
    const sending = Promise.all(chosen.map((each) => refused(world, token, each)))
    sending.catch(() => undefined)
    return { what: `${chosen.length} poisoned bodies`, holdMs: 0, heal: async () => void (await sending) }
  },
}

async function refused(
  { running }: World,
  token: string,
  { what, body }: { what: string; body: string },
): Promise<void> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
  const url = new URL('/v1/orders', running.stack.api)
  // A server may close on a body that it does not want to read to its end.
  const answer = await exchange(url, { method: 'POST', path: url.pathname, rawBody: body, token, headers }).catch(
    () => undefined,
  )
  if (answer && (answer.status < 400 || (answer.status >= 500 && answer.status !== 503)))
    throw new Error(`${what} was answered ${answer.status}`)
}

const slowSenders: Fault = {
  name: 'slow-senders',
  kind: 'client',
  expectation: 'Clients that open a request and never finish it take a connection each, and nothing else.',
  async inject({ running }, random) {
    const { hostname, port } = new URL(running.stack.api)
    const holdMs = between(random, 2_000, 4_000)
    const sockets = Array.from({ length: 100 }, () => openHalf(hostname, Number(port)))
    return {
      what: `${sockets.length} requests that do not end, for ${holdMs} ms`,
      holdMs,
      heal: async () => sockets.forEach((socket) => socket.destroy()),
    }
  },
}

function openHalf(host: string, port: number): Socket {
  const socket = connect(port, host)
  socket.on('error', () => undefined)
  socket.write(
    'POST /v1/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"items":',
  )
  return socket
}

const words: readonly unknown[] = [
  null,
  42,
  'ship it',
  [],
  { carrier: 7 },
  { tracking_number: null },
  { type: 9 },
  { amountMinor: -1 },
]

const poisonedMessages: Fault = {
  name: 'poison-message',
  kind: 'client',
  expectation:
    'Signals and updates of any shape, known and unknown, to running orders: they are refused or noted, and the orders go on.',
  unavailable: needsCustomers,
  async inject(world, random) {
    const { address, namespace } = world.running.stack.temporal
    const orders = liveOrders(customersOf(world)).slice(-10)
    const connection = await Connection.connect({ address, connectTimeout: 10_000 })
    const { workflow } = new Client({ connection, namespace })
    const sending = Promise.allSettled(
      orders.flatMap((id) => {
        const handle = workflow.getHandle(orderWorkflowId(id))
        // Words that would be obeyed are not poison: ship lacks what it needs, and a resolve means nothing here.
        return [
          handle.signal(pick(random, ['ship', 'resolve', 'payment_news', 'no_such_signal']), pick(random, words)),
          handle.executeUpdate(pick(random, ['ship', 'no_such_update']), { args: [pick(random, words)] }),
        ]
      }),
    ).finally(() => connection.close())
    return {
      what: `poisoned signals and updates to ${orders.length} orders`,
      holdMs: 0,
      heal: async () => void (await sending),
    }
  },
}

/** Those of which somebody heard most lately. */
const liveOrders = ({ history }: Traffic): string[] => [
  ...new Set(
    history.operations.slice(-200).flatMap((operation) => answersOf(operation).flatMap(({ orderId }) => orderId ?? [])),
  ),
]

export const requestFaults: Fault[] = [...crowds, badBodies, slowSenders, poisonedMessages]
