import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { charge, type FakeIntent, intentJson, StripeFault } from './stripe-shapes.ts'

type Lever = { path: RegExp; effect: 'lose' | 'fail' }
type Answer = { status: number; body: object }

/**
 * Stripe's side of payment intents on a loopback port, in the shapes its API answers, with as much memory as the adapter
 * can notice: states, idempotency keys with their replays and collisions, and a search that may run behind.
 */
export async function openStripeDouble() {
  const intents = new Map<string, FakeIntent>()
  const refunds: { id: string; intent: FakeIntent; amount: number }[] = []
  const keys = new Map<string, { request: string; answer?: Answer }>()
  const levers: Lever[] = []
  let lastNumber = 0
  const double = { searchIsBehind: false, searchIsOffered: true, isRateLimited: false, isKeyWrong: false }

  const server = createServer(async (request, response) => {
    let form = ''
    for await (const chunk of request) form += chunk
    const url = new URL(request.url as string, 'http://stripe')
    const lever = levers.findIndex(({ path }) => request.method === 'POST' && path.test(url.pathname))
    const effect = lever < 0 ? undefined : levers.splice(lever, 1)[0]?.effect
    const parameters = new URLSearchParams(request.method === 'GET' ? url.search : form)
    if (effect === 'fail') return send(response, fault(new StripeFault(500, 'api_error', '', 'Something went wrong.')))
    if (double.isRateLimited)
      return send(response, fault(new StripeFault(429, 'invalid_request_error', 'rate_limit', '')))
    if (double.isKeyWrong)
      return send(response, fault(new StripeFault(401, 'invalid_request_error', '', 'No such key')))

    const key = request.headers['idempotency-key'] as string | undefined
    const { answer, replayed } =
      request.method === 'POST' && key
        ? await once(key, `${url.pathname} ${form}`, () => handle('POST', url.pathname, parameters))
        : { answer: handle(request.method as string, url.pathname, parameters), replayed: false }
    if (effect === 'lose') return // it has happened, and nobody says so
    send(response, answer, replayed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return Object.assign(double, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intents,
    refunds,
    pull: (effect: Lever['effect'], path: RegExp) => void levers.push({ path, effect }),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })

  /** Stripe keeps the first answer, errors included, and refuses both another request and one at the same time. */
  async function once(key: string, request: string, act: () => Answer) {
    const used = keys.get(key)
    if (used && used.request !== request) {
      const message =
        'Keys for idempotent requests can only be used with the same parameters they were first used with.'
      return { answer: fault(new StripeFault(400, 'idempotency_error', '', message)), replayed: false }
    }
    if (used?.answer) return { answer: used.answer, replayed: true }
    if (used) {
      const message = 'There is currently another in-progress request using this idempotency key.'
      return {
        answer: fault(new StripeFault(409, 'idempotency_error', 'idempotency_key_in_use', message)),
        replayed: false,
      }
    }
    const entry: { request: string; answer?: Answer } = { request }
    keys.set(key, entry)
    await nextTurn()
    entry.answer = act()
    return { answer: entry.answer, replayed: false }
  }

  function handle(method: string, path: string, parameters: URLSearchParams): Answer {
    try {
      return { status: 200, body: route(method, path, parameters) }
    } catch (error) {
      if (error instanceof StripeFault) return fault(error)
      throw error
    }
  }

  function route(method: string, path: string, parameters: URLSearchParams): object {
    const [, , , id = '', verb] = path.split('/')
    const expanded = parameters.get('expand[0]') === 'latest_charge'
    if (path === '/v1/refunds') return refund(parameters)
    if (method === 'POST' && path === '/v1/payment_intents') return intentJson(create(parameters), expanded)
    if (path === '/v1/payment_intents/search') return search(parameters.get('query') as string)
    if (path === '/v1/payment_intents') return list(Number(parameters.get('created[gte]')))
    const intent = intents.get(id)
    if (!intent)
      throw new StripeFault(404, 'invalid_request_error', 'resource_missing', `No such payment_intent: '${id}'`)
    if (verb === 'capture') capture(intent, Number(parameters.get('amount_to_capture')))
    if (verb === 'cancel') cancel(intent)
    return intentJson(intent, expanded)
  }

  function create(parameters: URLSearchParams): FakeIntent {
    const intent: FakeIntent = {
      id: `pi_${++lastNumber}`,
      amount: Number(parameters.get('amount')),
      currency: parameters.get('currency') as string,
      status: 'requires_payment_method',
      metadata: Object.fromEntries(
        [...parameters].flatMap(([name, value]) => (name.startsWith('metadata[') ? [[name.slice(9, -1), value]] : [])),
      ),
      created: Math.floor(Date.now() / 1_000),
      captured: 0,
      refunded: 0,
      returnUrl: parameters.get('return_url'),
    }
    const method = parameters.get('payment_method')
    if (method === 'pm_unknown') {
      throw new StripeFault(400, 'invalid_request_error', 'resource_missing', `No such PaymentMethod: '${method}'`)
    }
    intents.set(intent.id, intent)
    if (parameters.get('confirm') === 'true') charge(intent, method as string)
    return intent
  }

  function capture(intent: FakeIntent, amount: number): void {
    if (intent.status !== 'requires_capture') throw unexpectedState(intent)
    if (amount > intent.amount) {
      throw new StripeFault(400, 'invalid_request_error', 'amount_too_large', 'The amount is above the authorized one.')
    }
    intent.status = 'succeeded'
    intent.captured = amount
  }

  function cancel(intent: FakeIntent): void {
    if (intent.status === 'canceled' || intent.status === 'succeeded') throw unexpectedState(intent)
    intent.status = 'canceled'
  }

  function refund(parameters: URLSearchParams): object {
    const intent = intents.get(parameters.get('payment_intent') as string)
    const amount = Number(parameters.get('amount'))
    if (intent?.status !== 'succeeded') {
      throw new StripeFault(400, 'invalid_request_error', 'charge_not_refundable', 'No successful charge to refund.')
    }
    if (intent.refunded + amount > intent.captured) {
      const message = `Refund amount (${amount}) is greater than unrefunded amount on charge.`
      throw new StripeFault(400, 'invalid_request_error', 'charge_already_refunded', message)
    }
    intent.refunded += amount
    const id = `re_${++lastNumber}`
    refunds.push({ id, intent, amount })
    const { currency } = intent
    return {
      id,
      object: 'refund',
      amount,
      currency,
      payment_intent: intent.id,
      charge: `ch_${intent.id}`,
      status: 'succeeded',
    }
  }

  function search(query: string): object {
    if (!double.searchIsOffered)
      throw new StripeFault(400, 'invalid_request_error', '', 'Search is not available here.')
    const key = /^metadata\["idempotency_key"\]:"(.*)"$/.exec(query)?.[1]?.replaceAll(/\\(.)/g, '$1')
    const found = [...intents.values()].filter((intent) => intent.metadata.idempotency_key === key)
    const data = double.searchIsBehind ? [] : found.map((intent) => intentJson(intent, false))
    return { object: 'search_result', url: '/v1/payment_intents/search', has_more: false, next_page: null, data }
  }

  function list(since: number): object {
    const data = [...intents.values()].filter(({ created }) => created >= since).reverse()
    return {
      object: 'list',
      url: '/v1/payment_intents',
      has_more: false,
      data: data.map((intent) => intentJson(intent, false)),
    }
  }
}

function unexpectedState(intent: FakeIntent): StripeFault {
  const message = `This PaymentIntent has a status of ${intent.status}, in which it cannot do that.`
  return new StripeFault(400, 'invalid_request_error', 'payment_intent_unexpected_state', message)
}

function fault({ status, type, code, message, details }: StripeFault): Answer {
  return { status, body: { error: { type, message, ...(code && { code }), ...details } } }
}

function send(response: ServerResponse, { status, body }: Answer, replayed = false): void {
  const headers = {
    'content-type': 'application/json',
    'request-id': 'req_1',
    ...(replayed && { 'idempotent-replayed': 'true' }),
  }
  response.writeHead(status, headers).end(JSON.stringify(body))
}
