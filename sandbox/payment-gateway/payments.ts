import type { DatabaseSync } from 'node:sqlite'
import { v7 as uuid } from 'uuid'
import { transaction } from './database.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { createIntents, type Intent, type Refund } from './intents.ts'
import type { Ledger } from './ledger.ts'
import type { Announce } from './notices.ts'
import { GatewayProblem } from './problem.ts'
import type { Disputes } from './disputes.ts'
import { behaviourOf, ordinaryRiskScore } from './tokens.ts'

export type Payments = ReturnType<typeof createPayments>

type NewIntent = { amount: number; currency: string; token: string; order_id: string }

type Dependencies = { db: DatabaseSync; ledger: Ledger; announce: Announce; disputes: Pick<Disputes, 'schedule'> }

/**
 * What a payment may do next. Everything here runs to its end without giving way to another request, inside one database
 * transaction, so requests under one key and a key's closing follow each other and never overlap.
 */
export function createPayments({ db, ledger, announce, disputes }: Dependencies) {
  const intents = createIntents(db)
  const keys = createIdempotencyKeys(db)
  const countBusyAnswer = db.prepare(
    `insert into busy_answers (key, times) values (?1, 1)
       on conflict (key) do update set times = times + 1 where times < ?2 returning times`,
  )

  return {
    get,
    find: intents.find,
    findByKey: intents.findByKey,

    authorize(key: string, request: NewIntent): { intent: Intent; repeated: boolean } {
      const behaviour = behaviourOf(request.token)
      if (behaviour.busyTimes && keys.isNew(key) && countBusyAnswer.get(key, behaviour.busyTimes)) {
        throw new GatewayProblem(503, 'gateway_busy', 'The card network is busy. Try again.')
      }
      const { resourceId, repeated } = keys.once(key, { authorize: request }, () => {
        const intent: Intent = {
          id: `pi_${uuid()}`,
          idempotency_key: key,
          ...request,
          status: behaviour.declineCode ? 'declined' : behaviour.requiresAction ? 'requires_action' : 'authorized',
          captured_amount: 0,
          refunded_amount: 0,
          decline_code: behaviour.declineCode ?? null,
          risk_score: behaviour.riskScore ?? ordinaryRiskScore,
          created_at: new Date().toISOString(),
        }
        intents.add(intent)
        if (intent.status === 'authorized') recordAuthorization(intent)
        if (intent.status === 'declined') announce('payment.declined', intent, intent.amount)
        return intent.id
      })
      return { intent: get(resourceId), repeated }
    },

    capture(key: string, intentId: string, amount: number): Intent {
      keys.once(key, { capture: intentId, amount }, () => {
        const intent = inStatus(get(intentId), 'authorized')
        if (amount > intent.amount) {
          throw new GatewayProblem(409, 'amount_exceeds_authorized', `Only ${intent.amount} is authorized.`)
        }
        const captured = intents.change(intent, { status: 'captured', captured_amount: amount })
        ledger.record('capture', captured, amount, key)
        announce('payment.captured', captured, amount)
        if (behaviourOf(intent.token).disputedAfterCapture) disputes.schedule(intent.id)
        return intent.id
      })
      return get(intentId)
    },

    void(key: string, intentId: string): Intent {
      keys.once(key, { void: intentId }, () => {
        const intent = inStatus(get(intentId), 'authorized', 'requires_action', 'voided')
        if (intent.status === 'voided') return intent.id
        const voided = intents.change(intent, { status: 'voided' })
        // Before the customer's action nothing was held, so there is nothing to let go of in the books.
        if (intent.status === 'authorized') ledger.record('void', voided, intent.amount, key)
        announce('payment.voided', voided, intent.amount)
        return intent.id
      })
      return get(intentId)
    },

    refund(key: string, intentId: string, amount: number): Refund {
      const { resourceId } = keys.once(key, { refund: intentId, amount }, () => {
        const intent = inStatus(get(intentId), 'captured')
        const refundable = intent.captured_amount - intent.refunded_amount
        if (amount > refundable) {
          throw new GatewayProblem(409, 'amount_exceeds_captured', `Only ${refundable} can still be refunded.`)
        }
        const refunded = intents.change(intent, { refunded_amount: intent.refunded_amount + amount })
        const { currency } = intent
        const refund = {
          id: `re_${uuid()}`,
          intent_id: intentId,
          amount,
          currency,
          created_at: new Date().toISOString(),
        }
        intents.addRefund(refund)
        ledger.record('refund', refunded, amount, key, refund.id)
        announce('payment.refunded', refunded, amount, refund.id)
        return refund.id
      })
      return intents.findRefund(resourceId) as Refund
    },

    confirmAction(intentId: string, outcome: 'succeed' | 'fail'): Intent {
      const intent = get(intentId)
      if (!behaviourOf(intent.token).requiresAction) {
        throw new GatewayProblem(409, 'no_action_required', 'This payment asks nothing of the customer.')
      }
      if (intent.status === 'voided') return inStatus(intent, 'requires_action')
      if (intent.status !== 'requires_action') {
        const settled = intent.status === 'declined' ? 'fail' : 'succeed'
        if (settled === outcome) return intent
        throw new GatewayProblem(409, 'action_already_settled', 'The customer has already answered otherwise.')
      }
      transaction(db, () => {
        if (outcome === 'succeed') {
          recordAuthorization(intents.change(intent, { status: 'authorized' }))
        } else {
          const declined = intents.change(intent, { status: 'declined', decline_code: 'authentication_failed' })
          announce('payment.declined', declined, declined.amount)
        }
      })
      return get(intentId)
    },

    closeKey(key: string): Intent | undefined {
      const unused = keys.close(key)
      const intent = intents.findByKey(key)
      if (intent || unused) return intent
      throw new GatewayProblem(
        409,
        'idempotency_key_reused',
        'This idempotency key belongs to another kind of request.',
      )
    },
  }

  function get(id: string): Intent {
    const intent = intents.find(id)
    if (!intent) throw new GatewayProblem(404, 'intent_not_found', 'There is no such payment intent.')
    return intent
  }

  function recordAuthorization(intent: Intent): void {
    ledger.record('authorization', intent, intent.amount, intent.idempotency_key)
    announce('payment.authorized', intent, intent.amount)
  }
}

/** The refusal's code names the state that stands in the way: `intent_captured`, `intent_voided`, … */
function inStatus(intent: Intent, ...allowed: Intent['status'][]): Intent {
  if (allowed.includes(intent.status)) return intent
  throw new GatewayProblem(409, `intent_${intent.status}`, `The payment intent is ${intent.status.replace('_', ' ')}.`)
}
