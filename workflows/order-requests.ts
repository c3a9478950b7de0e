import { read } from './words.ts'
import type { CancelRequest, DeliverRequest, PaymentNews, ResolveRequest, ShipRequest } from './order.messages.ts'

/** What is asked of an order, whoever asks and however. */
export type Request =
  | ({ kind: 'ship' } & ShipRequest)
  | ({ kind: 'deliver' } & DeliverRequest)
  | ({ kind: 'cancel' } & CancelRequest)
  | { kind: 'resolve'; by?: string }
  | { kind: 'dispute'; amountMinor: number }
  | { kind: 'dispute_end'; amountMinor: number; outcome: 'won' | 'lost' }

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

export const requests = {
  /** What of the gateway's news is to be taken down; the rest is only a reason to ask it. */
  dispute(news?: PaymentNews): Request | undefined {
    const amountMinor = news?.amountMinor ?? 0
    if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0) return undefined
    switch (news?.type) {
      case 'payment.disputed':
        return { kind: 'dispute', amountMinor }
      case 'payment.dispute_won':
        return { kind: 'dispute_end', outcome: 'won', amountMinor }
      case 'payment.dispute_lost':
        return { kind: 'dispute_end', outcome: 'lost', amountMinor }
      default:
        return undefined
    }
  },
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
