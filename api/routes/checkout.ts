import { createRoute, OpenAPIHono, type z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { isAmountMinor, MAX_AMOUNT_MINOR } from '../../domain/money.ts'
import { refusedToken } from '../../domain/accounts.ts'
import { cancellationProblems } from '../../domain/order.ts'
import { Problem } from '../../domain/problems.ts'
import { type CheckoutLine, type Quote, quoteProducts, recordCheckout } from '../../store/checkouts.ts'
import { type Answer, fingerprintOf, type KeyUse, recordAnswer } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import type { Order } from '../../store/orders/index.ts'
import { readTogether } from '../../store/read-together.ts'
import { findEntrants, type Entry } from '../../store/users.ts'
import { type ApiEnv, bearer, bearingToken, type Claims } from '../authentication.ts'
import { type CheckoutDeps, type CheckoutRequest, checkOut } from '../commands/checkout.ts'
import { Turnstile } from '../commands/turnstile.ts'
import { give, keyed, keyParameter, refusal, replay, replayedHeader } from '../idempotency.ts'
import { MOST_UNITS, newOrderSchema, orderAnswer, orderSchema } from '../order-schemas.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'

const orderContent = { 'application/json': { schema: orderSchema } }

const place = createRoute({
  method: 'post',
  path: '/v1/orders',
  operationId: 'placeOrder',
  tags: ['orders'],
  summary: 'Buy',
  description:
    'Repeated with the same Idempotency-Key, it is the same order: nothing is bought, charged or promised twice.',
  security: bearer,
  middleware: [bearingToken, keyed] as const,
  parameters: keyParameter,
  request: {
    body: { required: true, content: { 'application/json': { schema: newOrderSchema } } },
  },
  responses: {
    201: { description: 'Paid', headers: replayedHeader, content: orderContent },
    202: {
      description:
        'Accepted and not decided yet: follow `Location`. With `next_action` it is the customer who decides.',
      headers: replayedHeader,
      content: orderContent,
    },
    ...problemResponses(
      'idempotency_key_required',
      'unauthenticated',
      'payment_declined',
      'forbidden',
      'payment_risk',
      'insufficient_stock',
      'product_unavailable',
      'order_cancelled',
      'idempotency_key_reuse',
      'payment_unavailable',
      ...bodyProblems,
    ),
  },
})

/**
 * For how long it may be said that something is sold out without looking again. Only that is remembered: where there may
 * be a unit, everyone looks for himself.
 */
const SOLD_OUT_FOR_MS = 100
const REMEMBERED_QUOTES = 10_000

/** How long one who comes in a rush may be made to wait for the outcome of those before. */
const RUSH_WAIT_MS = 5_000

type NewOrder = z.infer<typeof newOrderSchema>

export function checkoutRoutes(deps: CheckoutDeps) {
  const { database, moments } = deps
  const turnstile = new Turnstile()
  const quote = moments.of(
    readTogether((productIds: readonly string[]) => quoteProducts(database, productIds)),
    {
      name: 'sold_out',
      forMs: SOLD_OUT_FOR_MS,
      most: REMEMBERED_QUOTES,
      isByProduct: true,
      isKept: ({ available }) => available <= 0,
    },
  )
  const findEntrant = readTogether((entries: readonly Entry[]) => findEntrants(database, entries))
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(place, async (c) => {
    const body = c.req.valid('json')
    const entry: Entry = {
      userId: c.var.bearer.userId,
      route: 'POST /v1/orders',
      key: c.var.idempotencyKey,
    }
    const lines = sumLines(body.items)
    const leave = await enter(lines, entry, c.var.bearer)
    // Whatever became of it, the shelf may be another: seen at once by those who wait for it, and by its customer.
    const lookAgain = () => moments.forget(lines.map(({ productId }) => productId))
    try {
      const use: KeyUse = { ...entry, fingerprint: fingerprintOf(body) }
      const claim = await claimOrder(use, c.var.bearer, body, lines)
      if (claim.answer) return replay(c, claim.answer)
      if (!claim.fresh) c.header('Idempotency-Replayed', 'true')

      const outcome = await decide({
        orderId: claim.resourceId,
        userId: use.userId,
        summary: summaryOf(lines),
        isRepeat: !claim.fresh,
      })
      if (outcome.kind === 'pending') {
        c.header('Location', `/v1/orders/${outcome.order.id}`)
        return c.json(orderAnswer(outcome.order), 202)
      }
      return give(c, await recordAnswer(database, use, outcome.answer))
    } finally {
      lookAgain()
      leave()
    }
  })
  return routes

  /**
   * Refuses at once what cannot be had, before a workflow is started for it. A repeat is let in even when the shelf is
   * empty by now: perhaps it was its own order that emptied it. Hence the key is looked for after the shelf, never before.
   */
  async function enter(lines: CheckoutLine[], entry: Entry, claims: Claims): Promise<() => void> {
    const productIds = lines.map(({ productId }) => productId)
    const deadline = Date.now() + RUSH_WAIT_MS
    let isCaller = false
    for (let waitedFor: string | undefined; ; ) {
      const quotes = (await Promise.all(productIds.map(quote))).filter((found) => found !== undefined)
      const refused = whyNot(lines, quotes)
      const isRepeat = refused !== undefined && (await isKeyUsedBy(claims, entry))
      const crowded = refused ? undefined : turnstile.crowdedProduct(lines, quotes)
      const leftMs = deadline - Date.now()
      if (crowded !== undefined && leftMs > 0) {
        if (isCaller) {
          await turnstile.waitFor(crowded, leftMs)
          waitedFor = crowded
        } else {
          // Nobody queues up with a token that does not count; who need not queue is asked by `recordCheckout`.
          await isKeyUsedBy(claims, entry)
          isCaller = true
        }
        continue
      }
      const leave = refused ? () => {} : turnstile.enter(lines)
      if (waitedFor !== undefined) turnstile.wakeNext(waitedFor)
      if (refused && !isRepeat) throw refused
      return leave
    }
  }

  /** Refuses who is not, or no longer, who the token says. */
  async function isKeyUsedBy({ tokenVersion }: Claims, entry: Entry): Promise<boolean> {
    const entrant = await findEntrant(entry)
    if (entrant?.tokenVersion !== tokenVersion) throw refusedToken('revoked')
    return entrant.isKeyUsed
  }

  function claimOrder(use: KeyUse, { tokenVersion }: Claims, body: NewOrder, lines: CheckoutLine[]) {
    return recordCheckout(database, use, {
      orderId: newId('ord'),
      userId: use.userId,
      tokenVersion,
      lines,
      payment: { method: body.payment.method, token: body.payment.token, capture: body.payment.capture ?? 'automatic' },
      shippingAddress: body.shipping_address,
      billingAddress: body.billing_address ?? body.shipping_address,
    })
  }

  async function decide(request: CheckoutRequest) {
    try {
      const outcome = await checkOut(deps, request)
      return outcome.kind === 'pending' ? outcome : { kind: 'settled' as const, answer: answerOf(outcome.order) }
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'unavailable') throw error
      return { kind: 'settled' as const, answer: refusal(error) }
    }
  }
}

function answerOf(order: Order): Answer {
  if (order.status !== 'cancelled' || order.cancelReason === null) return { status: 201, body: orderAnswer(order) }
  const code = cancellationProblems[order.cancelReason]
  const details = { order_id: order.id, cancel_reason: order.cancelReason }
  return refusal(
    new Problem(code, order.declineCode === null ? details : { ...details, decline_code: order.declineCode }),
  )
}

function sumLines(items: NewOrder['items']): CheckoutLine[] {
  const quantities = new Map<string, number>()
  for (const { product_id, quantity } of items) quantities.set(product_id, (quantities.get(product_id) ?? 0) + quantity)
  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .sort((a, b) => (a.productId < b.productId ? -1 : 1))
}

function whyNot(lines: CheckoutLine[], quotes: Quote[]): Problem | undefined {
  const quoteOf = new Map(quotes.map((quote) => [quote.productId, quote]))
  const unknown = lines.filter(({ productId }) => !isId('prd', productId) || !quoteOf.has(productId))
  if (unknown.length > 0) {
    const errors = unknown.map(({ productId }) => ({ path: 'items', message: `There is no product ${productId}` }))
    return new Problem('invalid_request', { errors })
  }
  if (new Set(quotes.map(({ currency }) => currency)).size > 1)
    return new Problem('invalid_request', {
      errors: [{ path: 'items', message: 'The products are priced in different currencies' }],
    })
  const totalMinor = lines.reduce(
    (sum, line) => sum + (quoteOf.get(line.productId)?.priceMinor ?? 0) * line.quantity,
    0,
  )
  if (!isAmountMinor(totalMinor)) {
    const message = `The order comes to more than ${MAX_AMOUNT_MINOR} minor units`
    return new Problem('invalid_request', { errors: [{ path: 'items', message }] })
  }
  if (totalMinor === 0)
    return new Problem('invalid_request', { errors: [{ path: 'items', message: 'The order comes to nothing' }] })
  const tooMany = lines.find(({ quantity }) => quantity > MOST_UNITS)
  if (tooMany) {
    const message = `More than ${MOST_UNITS} units of ${tooMany.productId}`
    return new Problem('invalid_request', { errors: [{ path: 'items', message }] })
  }
  const withdrawn = lines.filter(({ productId }) => quoteOf.get(productId)?.status !== 'active')
  if (withdrawn.length > 0) return new Problem('product_unavailable', { items: shortages(withdrawn, () => 0) })
  const available = (productId: string) => quoteOf.get(productId)?.available ?? 0
  const short = lines.filter(({ productId, quantity }) => available(productId) < quantity)
  return short.length > 0 ? new Problem('insufficient_stock', { items: shortages(short, available) }) : undefined
}

const shortages = (lines: CheckoutLine[], available: (productId: string) => number) =>
  lines.map(({ productId, quantity }) => ({
    product_id: productId,
    requested: quantity,
    available: available(productId),
  }))

function summaryOf(lines: CheckoutLine[]): string {
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  return `Order of ${units} ${units === 1 ? 'unit' : 'units'} of ${lines.length} ${lines.length === 1 ? 'product' : 'products'}`
}
