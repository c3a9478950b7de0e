import type { CheckRecord } from '../record.ts'
import { answersOf, type Operation } from '../traffic/history.ts'
import type { HeardWebhook } from '../traffic/listener.ts'
import type { Shelves } from '../traffic/shelves.ts'
import type { Books } from './books.ts'

/** All that the checks of the clients' history look at. */
export type Evidence = {
  operations: readonly Operation[]
  /** What the listener heard of the shop. */
  webhooks: readonly HeardWebhook[]
  books: Books
  shelves: Shelves
  /** Of each product of which there is plenty, before the traffic began. */
  openingUnits: number
}

export type Violations = CheckRecord['violations']

export type HistoryCheck = { name: string; promise: string; look: (evidence: Evidence) => Violations }

/** Those that were to buy something; a key sent with another body is not one. */
export const checkoutsOf = (operations: readonly Operation[]): Operation[] =>
  operations.filter(({ kind, conflictsWith }) => kind === 'checkout' && conflictsWith === undefined)

export const violation = (operation: Operation, detail: string) => ({
  subject: operation.orderId ?? answersOf(operation).find(({ orderId }) => orderId)?.orderId ?? operation.key,
  detail: `${operation.kind} ${operation.id}: ${detail}`,
})

export const describe = (operation: Operation): string => {
  const words = operation.sends.map(({ heard, lost }) =>
    heard ? `${heard.status} ${heard.code ?? heard.orderStatus ?? ''}`.trim() : lost,
  )
  return words.length === 0 ? 'nothing: it was never sent' : words.slice(-6).join(', ')
}
