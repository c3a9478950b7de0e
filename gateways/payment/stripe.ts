import Stripe from 'stripe'
import {
  type GatewayRefund,
  GatewayRefused,
  type PaymentGateway,
  type PaymentIntent,
  type RefundMoney,
} from './port.ts'
import { GatewayUnavailable } from '../unavailable.ts'
import { readStripeNotice } from './stripe-notices.ts'
import { idOf, toIntent, toStripeCurrency } from './stripe-shapes.ts'

export type StripeGatewayConfig = {
  apiKey: string
  webhookSecret: string
  timeoutMs: number
  /** Another address than Stripe's own, for tests. */
  apiBase?: string
  /** Where the bank sends the customer back to. Without it Stripe gives no address for a customer's action. */
  returnUrl?: string
}

/**
 * Stripe behind our port. A token is the id of a PaymentMethod (`pm_…`), made in the customer's browser by Stripe's own script.
 *
 * Stripe cannot be asked what happened under an idempotency key, so each intent carries its key in `metadata`:
 * - `findIntentByKey` searches by that. Search runs behind, usually by less than a minute and in an outage by an hour, so
 *   what it misses is looked for among the newest intents, which are listed at once. "Nothing" therefore means "nothing so
 *   far" and nothing more, as the port says. Search is not offered to accounts in India: there only the newest are seen.
 * - `closeKey` does not rely on it. It uses the key up itself, for an unconfirmed intent that nobody can pay. If Stripe
 *   takes that, the late original is refused for ever as another request under a used key. If Stripe refuses, the original
 *   was there first and is looked up; until it is found the answer is `GatewayUnavailable`, never "nothing".
 *   Two limits: Stripe forgets keys after a day at the earliest, by when no request is still on its way; and a request that
 *   Stripe refused outright may have used its key up without making an intent, so closing that key stays unanswered. Whoever
 *   got the refusal has no reason to close it.
 */
export function createStripeGateway(config: StripeGatewayConfig): PaymentGateway {
  const stripe = new Stripe(config.apiKey, {
    maxNetworkRetries: 0, // the workflow retries, and shows it; only a connection found closed is tried again at once
    timeout: config.timeoutMs,
    telemetry: false,
    ...(config.apiBase && addressOf(config.apiBase)),
  })

  return {
    async authorize({ key, orderId, amountMinor, currency, token }) {
      const params: Stripe.PaymentIntentCreateParams = {
        amount: amountMinor,
        currency: toStripeCurrency(currency),
        payment_method: token,
        allowed_payment_method_types: ['card'],
        capture_method: 'manual',
        confirm: true,
        ...(config.returnUrl && { return_url: config.returnUrl }),
        metadata: { order_id: orderId, idempotency_key: key },
        expand: ['latest_charge'],
      }
      try {
        return await asItIsNow(await stripe.paymentIntents.create(params, { idempotencyKey: key }))
      } catch (error) {
        if (error instanceof Stripe.errors.StripeCardError && error.payment_intent)
          return toIntent(error.payment_intent)
        throw translated(error)
      }
    },

    capture: ({ key, intentId, amountMinor }) =>
      asking(async () => {
        const params = { amount_to_capture: amountMinor, expand: ['latest_charge'] }
        return asItIsNow(await stripe.paymentIntents.capture(intentId, params, { idempotencyKey: key }))
      }),

    void: ({ key, intentId }) =>
      asking(async () => {
        try {
          const params = { expand: ['latest_charge'] }
          return await asItIsNow(await stripe.paymentIntents.cancel(intentId, params, { idempotencyKey: key }))
        } catch (error) {
          if (codeOf(error) !== 'payment_intent_unexpected_state') throw error
          const intent = await getIntent(intentId)
          if (intent.status === 'voided') return intent
          throw error
        }
      }),

    refund,

    // Stripe keeps its first answer under a key, refusals included: a copy hears it again, and so do we.
    async closeRefundKey(request) {
      try {
        return await refund(request)
      } catch (error) {
        if (error instanceof GatewayRefused) return undefined
        throw error
      }
    },

    getIntent: (intentId) => asking(() => getIntent(intentId)),
    findIntentByKey: (key) => asking(() => findIntentByKey(key)),

    closeKey: (key) =>
      asking(async () => {
        try {
          const placeholder = await stripe.paymentIntents.create(nobodyCanPay(key), { idempotencyKey: key })
          await stripe.paymentIntents.cancel(placeholder.id).catch(() => undefined) // only tidiness: it was never confirmed
          return undefined
        } catch (error) {
          if (!(error instanceof Stripe.errors.StripeIdempotencyError)) throw error
        }
        const intent = await findIntentByKey(key)
        if (intent) return intent
        throw new GatewayUnavailable(`The key ${key} was used, and Stripe does not show yet for what.`)
      }),

    readNotice: (rawBody, headers) => readStripeNotice(stripe, config.webhookSecret, rawBody, headers),
  }

  function refund({ key, intentId, amountMinor }: RefundMoney): Promise<GatewayRefund> {
    return asking(async () => {
      const params = { payment_intent: intentId, amount: amountMinor }
      const made = await stripe.refunds.create(params, { idempotencyKey: key })
      if (made.status === 'failed' || made.status === 'canceled') {
        throw new GatewayRefused(made.failure_reason ?? 'refund_failed', 'The refund did not go through.')
      }
      return { id: made.id, intentId, amountMinor: made.amount, currency: made.currency.toUpperCase() }
    })
  }

  async function getIntent(intentId: string): Promise<PaymentIntent> {
    return toIntent(await stripe.paymentIntents.retrieve(intentId, { expand: ['latest_charge'] }))
  }

  async function findIntentByKey(key: string): Promise<PaymentIntent | undefined> {
    const found = (await searchByKey(key)) ?? (await newestByKey(key))
    return found === undefined ? undefined : getIntent(found) // a search result may be older than the intent
  }

  async function searchByKey(key: string): Promise<string | undefined> {
    const query = `metadata["idempotency_key"]:"${key.replaceAll(/["\\]/g, '\\$&')}"`
    try {
      const { data } = await stripe.paymentIntents.search({ query, limit: 1 })
      return data[0]?.id
    } catch (error) {
      if (error instanceof Stripe.errors.StripeInvalidRequestError) return undefined // not offered to this account
      throw error
    }
  }

  async function newestByKey(key: string): Promise<string | undefined> {
    const since = Math.floor(Date.now() / 1000) - longestSearchLagSeconds
    const newest = await stripe.paymentIntents
      .list({ created: { gte: since }, limit: 100 })
      .autoPagingToArray({ limit: mostListed })
    return newest.find((intent) => intent.metadata.idempotency_key === key)?.id
  }

  /** A repeated request gets Stripe's first answer word for word, which may be out of date. */
  async function asItIsNow(intent: Stripe.Response<Stripe.PaymentIntent>): Promise<PaymentIntent> {
    const isReplay = intent.lastResponse.headers['idempotent-replayed'] === 'true'
    return isReplay ? getIntent(idOf(intent)) : toIntent(intent)
  }
}

const longestSearchLagSeconds = 3_600
/** Five pages; closing a key stays right without them, it only takes longer to be answered. */
const mostListed = 500

/** The amount and currency mean nothing: every account takes them, and they differ from any real request's parameters. */
function nobodyCanPay(key: string): Stripe.PaymentIntentCreateParams {
  return {
    amount: 100,
    currency: 'usd',
    allowed_payment_method_types: ['card'],
    metadata: { closed_idempotency_key: key },
  }
}

async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw translated(error)
  }
}

/**
 * What Stripe refused is final. All else is "no answer", and so is a wrong API key: orders wait for the operator to mend it
 * instead of failing.
 */
function translated(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    return new GatewayRefused('idempotency_key_reused', error.message)
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError || error instanceof Stripe.errors.StripeCardError) {
    return new GatewayRefused(codeOf(error) ?? 'invalid_request', error.message)
  }
  if (error instanceof Stripe.errors.StripeError) return new GatewayUnavailable(error.message, { cause: error })
  return error
}

const codeOf = (error: unknown) => (error instanceof Stripe.errors.StripeError ? error.code : undefined)

function addressOf(apiBase: string): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  const { hostname, port, protocol } = new URL(apiBase)
  const isPlain = protocol === 'http:'
  return { host: hostname, port: port || (isPlain ? 80 : 443), protocol: isPlain ? 'http' : 'https' }
}
