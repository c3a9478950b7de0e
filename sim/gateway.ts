import {
  type AuthorizeRequest,
  type GatewayRefund,
  GatewayRefused,
  type PaymentGateway,
  type PaymentIntent,
  type PaymentNotice,
} from '../gateways/payment/port.ts'
import type { LedgerEntry } from '../store/invariants.ts'
import { createLine, type LineFaults } from './line.ts'
import type { Scheduler } from './scheduler.ts'

export type GatewayFaults = LineFaults & { refusesUndo: number; noticeLost: number; noticeDoubled: number }

type Intent = PaymentIntent & { key: string; token: string }
type Deed = { fingerprint: string | undefined; resourceId: string }
type Behaviour = { declineCode?: string; requiresAction?: true; riskScore?: number; isDisputed?: true }

const behaviours: Record<string, Behaviour> = {
  tok_visa: {},
  tok_declined: { declineCode: 'card_declined' },
  tok_3ds: { requiresAction: true },
  tok_late_decline: { isDisputed: true },
  tok_risky: { riskScore: 0.95 },
  tok_review: { riskScore: 0.6 },
}

/** The time a customer or their bank takes. Short enough for most to fall into the troubles of a world. */
const LONGEST_THOUGHT_MS = 10_000

export type Gateway = ReturnType<typeof createGateway>

/** A company that moves money, in memory, with a ledger of its own: as the sandbox's, and far less reliable. */
export function createGateway(
  scheduler: Scheduler,
  faults: GatewayFaults,
  tell: (notice: PaymentNotice) => Promise<boolean>,
) {
  const ledger: LedgerEntry[] = []
  const intents = new Map<string, Intent>()
  const refunds = new Map<string, GatewayRefund>()
  const deeds = new Map<string, Deed>()
  const call = createLine('gateway', scheduler, faults)
  let serial = 0
  const newId = (prefix: string) => `${prefix}_${String(++serial).padStart(12, '0')}`

  const bank = {
    authorize({ key, orderId, amountMinor, currency, token }: AuthorizeRequest): PaymentIntent {
      const behaviour = behaviours[token] ?? {}
      const resourceId = once(key, `authorize ${orderId} ${amountMinor} ${currency} ${token}`, () => {
        const intent: Intent = {
          id: newId('pi'),
          key,
          token,
          orderId,
          status: behaviour.declineCode ? 'declined' : behaviour.requiresAction ? 'requires_action' : 'authorized',
          amountMinor,
          currency,
          capturedMinor: 0,
          refundedMinor: 0,
          riskScore: behaviour.riskScore ?? 0.05,
          ...(behaviour.declineCode && { declineCode: behaviour.declineCode }),
          ...(behaviour.requiresAction && { actionUrl: 'https://bank.example/confirm' }),
        }
        intents.set(intent.id, intent)
        if (intent.status === 'authorized') record('authorization', intent, amountMinor, key)
        return intent.id
      })
      return { ...get(resourceId) }
    },
    capture({ key, intentId, amountMinor }: { key: string; intentId: string; amountMinor: number }): PaymentIntent {
      once(key, `capture ${intentId} ${amountMinor}`, () => {
        const intent = inStatus(intentId, 'authorized')
        Object.assign(intent, { status: 'captured', capturedMinor: amountMinor })
        record('capture', intent, amountMinor, key)
        if (behaviours[intent.token]?.isDisputed)
          scheduler.after(scheduler.between(100, LONGEST_THOUGHT_MS), 'customer disputes', () => dispute(intent))
        return intentId
      })
      return { ...get(intentId) }
    },
    void({ key, intentId }: { key: string; intentId: string }): PaymentIntent {
      once(key, `void ${intentId}`, () => {
        const intent = inStatus(intentId, 'authorized', 'requires_action', 'voided')
        if (intent.status === 'authorized') record('void', intent, intent.amountMinor, key)
        intent.status = 'voided'
        return intentId
      })
      return { ...get(intentId) }
    },
    refund({ key, intentId, amountMinor }: { key: string; intentId: string; amountMinor: number }): GatewayRefund {
      if (!deeds.has(key) && scheduler.chance(faults.refusesUndo)) {
        scheduler.count('gateway refused a refund')
        throw new GatewayRefused('refund_blocked', 'The refund is blocked')
      }
      const id = once(key, `refund ${intentId} ${amountMinor}`, () => {
        const intent = inStatus(intentId, 'captured')
        if (amountMinor > intent.capturedMinor - intent.refundedMinor)
          throw new GatewayRefused('amount_exceeds_captured', 'More than was captured')
        intent.refundedMinor += amountMinor
        const refund = { id: newId('re'), intentId, amountMinor, currency: intent.currency }
        refunds.set(refund.id, refund)
        record('refund', intent, amountMinor, key, refund.id)
        return refund.id
      })
      return { ...(refunds.get(id) as GatewayRefund) }
    },
    closeRefund(key: string): GatewayRefund | undefined {
      if (!deeds.has(key)) deeds.set(key, { fingerprint: undefined, resourceId: '' })
      const refund = refunds.get(deeds.get(key)?.resourceId ?? '')
      return refund && { ...refund }
    },
    find(key: string): PaymentIntent | undefined {
      const intent = [...intents.values()].find((each) => each.key === key)
      return intent && { ...intent }
    },
    close(key: string): PaymentIntent | undefined {
      if (!deeds.has(key)) deeds.set(key, { fingerprint: undefined, resourceId: '' })
      return bank.find(key)
    },
  }

  function record(
    type: LedgerEntry['type'],
    intent: Intent,
    amount: number,
    key: string | null,
    id = newId('le'),
  ): void {
    const { orderId, currency } = intent
    const entry = { id, type, amount, currency, order_id: orderId, intent_id: intent.id, idempotency_key: key }
    ledger.push({ ...entry, created_at: new Date().toISOString() })
    const told = {
      authorization: 'authorized',
      capture: 'captured',
      void: 'voided',
      refund: 'refunded',
      dispute: 'disputed',
      reinstatement: 'dispute_won',
    } as const
    announce({ type: `payment.${told[type]}`, intent, amountMinor: amount })
  }

  function announce({
    type,
    intent,
    amountMinor,
  }: Pick<PaymentNotice, 'type' | 'amountMinor'> & { intent: Intent }): void {
    const { orderId, currency } = intent
    const notice = { id: newId('msg'), type, intentId: intent.id, orderId, amountMinor, currency }
    const send = (attempt: number, delayMs: number): unknown =>
      scheduler.after(delayMs, `notice ${type}`, async () => {
        if (scheduler.chance(faults.noticeLost)) {
          scheduler.count('notice lost on its way')
          return send(attempt + 1, attempt * 2_000)
        }
        void tell(notice).then((isTaken) => !isTaken && send(attempt + 1, Math.min(attempt * 5_000, 60_000)))
      })
    send(1, scheduler.latencyMs() * 3)
    if (scheduler.chance(faults.noticeDoubled)) {
      scheduler.count(`notice doubled: ${type}`)
      send(1, scheduler.between(10, 60_000))
    }
  }

  function dispute(intent: Intent): void {
    const amountMinor = intent.capturedMinor - intent.refundedMinor
    if (amountMinor === 0) return
    record('dispute', intent, amountMinor, null)
    if (scheduler.chance(0.5)) return // the bank takes longer than this world lasts
    const isWon = scheduler.chance(0.5)
    scheduler.after(scheduler.between(100, LONGEST_THOUGHT_MS), 'bank decides', () => {
      if (isWon) record('reinstatement', intent, amountMinor, null)
      else announce({ type: 'payment.dispute_lost', intent, amountMinor })
    })
  }

  function once(key: string, fingerprint: string, act: () => string): string {
    const done = deeds.get(key)
    if (done?.fingerprint === fingerprint) return done.resourceId
    if (done) throw new GatewayRefused(done.fingerprint ? 'idempotency_key_reused' : 'idempotency_key_closed', key)
    const resourceId = act()
    deeds.set(key, { fingerprint, resourceId })
    return resourceId
  }

  function get(intentId: string): Intent {
    const intent = intents.get(intentId)
    if (!intent) throw new GatewayRefused('intent_not_found', 'There is no such payment intent')
    return intent
  }

  function inStatus(intentId: string, ...allowed: Intent['status'][]): Intent {
    const intent = get(intentId)
    if (allowed.includes(intent.status)) return intent
    throw new GatewayRefused(`intent_${intent.status}`, `The payment intent is ${intent.status}`)
  }

  return {
    ledger,
    client: (timeoutMs: number): PaymentGateway => ({
      authorize: (request) => call('authorize', timeoutMs, () => bank.authorize(request)),
      capture: (request) => call('capture', timeoutMs, () => bank.capture(request)),
      void: (request) => call('void', timeoutMs, () => bank.void(request)),
      refund: (request) => call('refund', timeoutMs, () => bank.refund(request)),
      closeRefundKey: ({ key }) => call('close', timeoutMs, () => bank.closeRefund(key)),
      getIntent: (intentId) => call('get', timeoutMs, () => ({ ...get(intentId) })),
      findIntentByKey: (key) => call('find', timeoutMs, () => bank.find(key)),
      closeKey: (key) => call('close', timeoutMs, () => bank.close(key)),
      readNotice: (rawBody) => JSON.parse(rawBody) as PaymentNotice,
    }),
    /** The customer answers their bank. */
    confirmAction(intentId: string, isConfirmed: boolean): void {
      const intent = intents.get(intentId)
      if (intent?.status !== 'requires_action') return
      if (isConfirmed) {
        intent.status = 'authorized'
        record('authorization', intent, intent.amountMinor, intent.key)
      } else {
        Object.assign(intent, { status: 'declined', declineCode: 'authentication_failed' })
        announce({ type: 'payment.declined', intent, amountMinor: intent.amountMinor })
      }
    },
  }
}
