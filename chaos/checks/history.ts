import type { CheckRecord } from '../record.ts'
import { answersOf, type Heard, isFinal, isFleeting, needsNoRepeat, type Operation } from '../traffic/history.ts'
import { checkoutsOf, describe, type Evidence, type HistoryCheck, violation, type Violations } from './evidence.ts'
import { noOrderGoesBack, nothingAcknowledgedIsLost, refusedIsNotDone } from './orders.ts'
import { refundsAreAsAnswered } from './refunds.ts'
import { replenishmentsAreAsAnswered } from './replenishments.ts'
import { returnsAreAsAnswered } from './returns.ts'
import { reviewsAreAsAnswered } from './reviews.ts'
import { adjustmentsCountOnce, scarceUnitsGoRound, shelvesAddUp } from './units.ts'
import { webhooksAreAsTold } from './webhooks.ts'

export const historyChecks: readonly HistoryCheck[] = [
  {
    name: 'every_request_was_decided',
    promise: 'Whoever asks again and again hears one final answer, unless the order waits for a person.',
    look: ({ operations }) =>
      operations
        .filter(({ kind }) => kind !== 'look')
        .filter((operation) => !answersOf(operation).some((heard) => mayEndWith(operation, heard)))
        .map((operation) => violation(operation, `heard ${describe(operation)}`)),
  },
  {
    name: 'one_key_is_one_order',
    promise: 'Every answer to one Idempotency-Key names the same order, the one that the key is tied to.',
    look: ({ operations, books }) =>
      checkoutsOf(operations).flatMap((checkout) => {
        const booked = books.keys.get(`${checkout.by} ${checkout.key}`)
        const heard = new Set(answersOf(checkout).flatMap(({ orderId }) => orderId ?? []))
        const strangers = [...heard].filter((id) => id !== booked)
        return strangers.length === 0
          ? []
          : [violation(checkout, `heard of ${[...heard].join(' and ')}; the key is tied to ${booked ?? 'nothing'}`)]
      }),
  },
  {
    name: 'answers_to_one_key_agree',
    promise: 'After a final answer every later one to the same key is the same.',
    look: ({ operations }) =>
      operations.filter(({ kind }) => kind !== 'look' && kind !== 'review').flatMap(whoHeardTwoThings),
  },
  nothingAcknowledgedIsLost,
  refusedIsNotDone,
  {
    name: 'outcome_fits_the_card',
    promise: 'A good card buys while there is stock, a bad one never does, and nobody hears anything else.',
    look: ({ operations }) => {
      const cancelled = new Set(operations.filter(({ kind }) => kind === 'cancel').map(({ orderId }) => orderId))
      return checkoutsOf(operations).flatMap((checkout) => whatTheCardCannotExplain(checkout, cancelled))
    },
  },
  {
    name: 'a_key_is_for_one_request',
    promise: 'A key that comes with another body is refused.',
    look: ({ operations }) =>
      operations
        .filter(({ conflictsWith }) => conflictsWith !== undefined)
        .filter((operation) =>
          answersOf(operation).some((heard) => isFinal(heard) && heard.code !== 'idempotency_key_reuse'),
        )
        .map((operation) => violation(operation, `heard ${describe(operation)}`)),
  },
  noOrderGoesBack,
  {
    name: 'nothing_unasked_for',
    promise: 'Every order and every key in the books is one that a client sent.',
    look: ({ operations, books }) => {
      const asked = new Set(checkoutsOf(operations).map(({ by, key }) => `${by} ${key}`))
      const known = new Set([...books.keys].filter(([use]) => asked.has(use)).map(([, id]) => id))
      return [
        ...[...books.keys.keys()]
          .filter((use) => !asked.has(use))
          .map((use) => ({ subject: use, detail: 'nobody sent this key' })),
        ...[...books.orders.keys()]
          .filter((id) => !known.has(id))
          .map((id) => ({ subject: id, detail: 'nobody asked for it' })),
      ]
    },
  },
  refundsAreAsAnswered,
  returnsAreAsAnswered,
  replenishmentsAreAsAnswered,
  reviewsAreAsAnswered,
  webhooksAreAsTold,
  scarceUnitsGoRound,
  adjustmentsCountOnce,
  shelvesAddUp,
]

export const runHistoryChecks = (evidence: Evidence): CheckRecord[] =>
  historyChecks.map(({ name, promise, look }) => ({ name, promise, violations: look(evidence) }))

const mayEndWith = (operation: Operation, heard: Heard): boolean =>
  isFinal(heard) || (needsNoRepeat(heard) && operation.card?.decision === 'never')

function whoHeardTwoThings(operation: Operation): Violations {
  const finals = operation.sends.flatMap((send) =>
    send.heard && isFinal(send.heard) ? [{ ...send, heard: send.heard }] : [],
  )
  const kept = finals.find(({ heard }) => !isFleeting(heard))
  if (!kept) return []
  const other = finals.find(
    (send) =>
      (send.heard.status !== kept.heard.status || send.heard.code !== kept.heard.code) &&
      // What was already refused before the first kept answer was given may still be on its way.
      !(isFleeting(send.heard) && send.sentMs < (kept.heardMs ?? 0)),
  )
  return other ? [violation(operation, `heard ${describe(operation)}`)] : []
}

const refusals: Record<string, string> = {
  tok_declined: '402 payment_declined',
  tok_insufficient_funds: '402 payment_declined',
  tok_risky: '403 payment_risk',
}

function whatTheCardCannotExplain(checkout: Operation, cancelled: ReadonlySet<string | undefined>): Violations {
  const { card, race } = checkout
  if (!card) return []
  const fitting = new Set([refusals[card.token] ?? '201'])
  if (race !== undefined) fitting.add('409 insufficient_stock')
  if (card.decision === 'no') fitting.delete('201')
  if (card.decision === 'no') fitting.add(card.token === 'tok_3ds' ? '402 payment_declined' : '403 payment_risk')
  return answersOf(checkout)
    .flatMap((heard) => {
      if (!isFinal(heard)) return []
      const word = heard.status === 201 ? '201' : `${heard.status} ${heard.code ?? ''}`
      if (fitting.has(word) || (heard.code === 'order_cancelled' && cancelled.has(heard.orderId))) return []
      return [violation(checkout, `${card.token} heard ${word}`)]
    })
    .slice(0, 1)
}
