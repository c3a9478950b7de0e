/** What the clients of a run sent and heard, and when: the only memory of it that the product has no hand in. */
export type History = {
  operations: Operation[]
  /** Ms since the start of the run. */
  nowMs(): number
  begin(operation: Omit<Operation, 'id' | 'sends'>): Operation
}

/** One thing that somebody wanted, under one Idempotency-Key, however often it was sent. */
export type Operation = {
  id: number
  kind: Kind
  /** The user who asks. */
  by: string
  key: string
  /** What it is about, where that is known before it is sent. */
  orderId?: string
  lines?: Line[]
  card?: Card
  adjustment?: { productId: string; change: number }
  /** What is ordered for a shelf, or has come for it. */
  units?: Line
  /** What is to be refunded: one unit of a line, put back onto the shelf, or all that is left. */
  refund?: { productId: string } | 'everything'
  /** What is sent back, or has come back. */
  goods?: Line
  /** What a buyer says of something that was delivered. There is no key: whoever asks again hears that it is there. */
  review?: { productId: string; rating: number }
  /** A race for the few units of this product. */
  race?: string
  /** Another body under a key that was used: it must be refused. */
  conflictsWith?: number
  sends: Send[]
}

export type Kind =
  | 'checkout'
  | 'cancel'
  | 'ship'
  | 'deliver'
  | 'approve'
  | 'reject'
  | 'refund'
  | 'adjust'
  | 'replenish'
  | 'receive'
  | 'give up'
  | 'send back'
  | 'decide return'
  | 'receive return'
  | 'review'
  | 'look'

export type Line = { productId: string; quantity: number }

/** How a customer pays, and what is done where a person has to decide. */
export type Card = { token: string; capture?: 'manual'; decision?: 'yes' | 'no' | 'never' }

export type Send = {
  sentMs: number
  heardMs: number | null
  heard?: Heard /** Why nothing was heard. */
  lost?: string
}

export type Heard = {
  status: number
  code?: string
  replayed: boolean
  orderId?: string
  orderStatus?: string
  paymentStatus?: string
  refundId?: string
  refundStatus?: string
  replenishmentId?: string
  returnId?: string
  /** What the order waits for: the customer at the bank, or a decision of staff. */
  waitsFor?: { intentId: string } | 'review'
}

export function createHistory(): History {
  const startedAt = performance.now()
  const operations: Operation[] = []
  return {
    operations,
    nowMs: () => Math.round(performance.now() - startedAt),
    begin(operation) {
      const begun = { ...operation, id: operations.length, sends: [] }
      operations.push(begun)
      return begun
    },
  }
}

/** An answer that no repeat will change. */
export function isFinal({ status }: Heard): boolean {
  return status !== 202 && status < 500 && status !== 401 && status !== 408 && status !== 429
}

/** Nobody needs to repeat: it is decided, or a person has to act first. */
export const needsNoRepeat = (heard: Heard): boolean => isFinal(heard) || heard.waitsFor !== undefined

export const answersOf = (operation: Operation): Heard[] =>
  operation.sends.flatMap(({ heard }) => (heard ? [heard] : []))

/** A refusal for want of stock that came before the key was written is no promise: units may come back. */
export const isFleeting = ({ code, replayed }: Heard): boolean => code === 'insufficient_stock' && !replayed

/** What it came to. */
export function finalAnswer(operation: Operation): Heard | undefined {
  const finals = answersOf(operation).filter(isFinal)
  return finals.find((heard) => !isFleeting(heard)) ?? finals[0]
}
