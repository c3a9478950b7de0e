import type { CancelRequest, DeliverRequest, ResolveRequest, ShipRequest } from './order.messages.ts'

/** What is asked of an order, whoever asks and however. */
export type Request =
  | ({ kind: 'ship' } & ShipRequest)
  | ({ kind: 'deliver' } & DeliverRequest)
  | ({ kind: 'cancel' } & CancelRequest)
  | { kind: 'resolve'; by?: string }
  | { kind: 'dispute'; amountMinor: number }

type Words = { by?: string; reason?: string; carrier?: string; tracking_number?: string; action?: string }

/** What operators read beside the name of a message. */
export const says = {
  ship: 'The parcel left: {"carrier":"…","tracking_number":"…"}',
  deliver: 'The parcel arrived',
  cancel: 'Give the money and the stock back, while it is not shipped: {"reason":"…"}',
  approve: 'Let a doubtful order go on: {"by":"…","reason":"…"}',
  reject: 'Refuse a doubtful order; it is undone: {"by":"…","reason":"…"}',
  resolve: 'A person has seen to it; for a refused undo: {"action":"retry" or "skip","by":"…"}',
  paymentNews: 'Something happened at the gateway: ask it',
  state: 'Where the order stands',
}

const LONGEST = 500

/**
 * The words of a message we know, as far as they are words. A message may come from anyone's keyboard: what else is in
 * it must neither fail the workflow's task nor reach the database.
 */
export function read(message: unknown): Words {
  if (typeof message !== 'object' || message === null) return {}
  const words: Words = {}
  for (const name of ['by', 'reason', 'carrier', 'tracking_number', 'action'] as const) {
    const value: unknown = (message as Record<string, unknown>)[name]
    // PostgreSQL takes no NUL, and nobody wants the other control characters.
    const word =
      typeof value === 'string'
        ? value
            .replace(/\p{Cc}/gu, ' ')
            .trim()
            .slice(0, LONGEST)
        : ''
    if (word !== '') words[name] = word
  }
  return words
}

export const requests = {
  ship(message: unknown): Request {
    const { carrier = '', tracking_number = '', by } = read(message)
    return { kind: 'ship', carrier, tracking_number, ...(by && { by }) }
  },
  deliver(message: unknown): Request {
    const { by } = read(message)
    return { kind: 'deliver', ...(by && { by }) }
  },
  resolve(message: unknown): Request {
    const { by } = read(message)
    return { kind: 'resolve', ...(by && { by }) }
  },
  resolution(message: unknown): ResolveRequest {
    const { action, by } = read(message)
    return { action: action === 'skip' ? 'skip' : 'retry', ...(by && { by }) }
  },
  cancel(message: unknown): Request {
    const { by, reason } = read(message)
    return { kind: 'cancel', ...(by && { by }), ...(reason && { reason }) }
  },
}
