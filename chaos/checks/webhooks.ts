import type { HistoryCheck } from './evidence.ts'

export const webhooksAreAsTold: HistoryCheck = {
  name: 'webhooks_are_as_told',
  promise: 'What the shop calls delivered was heard, signed; what was heard is an event; and none was given up.',
  look: ({ webhooks, books }) => {
    const signed = new Set(webhooks.filter(({ isSigned }) => isSigned).map(({ eventId }) => eventId))
    return [
      ...[...books.deliveries]
        .filter(([eventId, status]) => status === 'delivered' && !signed.has(eventId))
        .map(([subject]) => ({
          subject,
          detail: 'the shop calls it delivered, and nobody heard it with its signature',
        })),
      ...[...books.deliveries]
        .filter(([, status]) => status === 'dead' || status === 'cancelled')
        .map(([subject, status]) => ({ subject, detail: `its delivery is ${status}` })),
      ...webhooks
        .filter(({ isSigned }) => !isSigned)
        .map(({ eventId: subject }) => ({ subject, detail: 'it was heard without its signature' })),
      ...webhooks
        .filter(({ eventId }) => !books.deliveries.has(eventId))
        .map(({ eventId: subject }) => ({ subject, detail: 'it was heard, and the shop told nobody of it' })),
    ]
  },
}
