import { type ApplicationFailure, CancellationScope, condition, log, setHandler } from '@temporalio/workflow'
import { canBecome, type OrderStatus } from '../domain/order.ts'
import type { Journey } from './order-journey.ts'
import * as messages from './order.messages.ts'
import { type Request, requests, says } from './order-requests.ts'
import { refusal } from './refusal.ts'
import { read } from './words.ts'

/** A request in the queue, and whoever waits to hear what came of it. */
export type Asked = { request: Request; done: (status: OrderStatus) => void; refuse: (reason: unknown) => void }

export type Decision = { approved: boolean; by: string; reason: string }

/**
 * Where people and the gateway reach an order. Requests queue up and the story takes them one at a time, so two of them
 * can never act on the order at once; which of two that exclude each other wins is decided by who came first.
 */
export class Desk {
  readonly #journey: Journey
  readonly #queue: Asked[] = []
  #onCancel: () => void = () => {}
  isReviewing = false
  decision: Decision | undefined
  #resolution: messages.ResolveRequest | undefined
  #isAsking = false
  #isClosed = false
  hasPaymentNews = false

  constructor(journey: Journey) {
    this.#journey = journey
    this.#takeRequests()
    this.#takeDecisions()
    setHandler(
      messages.stateQuery,
      () => ({
        status: journey.status,
        paymentStatus: journey.paymentStatus,
        stage: journey.stage,
        needsAttention: journey.needsAttention,
      }),
      { description: says.state },
    )
    setHandler(
      messages.resolveSignal,
      (message) => {
        if (this.#isAsking) this.#resolution = requests.resolution(message)
        else this.#tell(requests.resolve(message))
      },
      { description: says.resolve },
    )
    setHandler(
      messages.resolveUpdate,
      async (message) => {
        if (!this.#isAsking) return this.#ask(requests.resolve(message))
        this.#resolution = requests.resolution(message)
        await CancellationScope.nonCancellable(() => condition(() => !this.#isAsking))
        return this.#journey.status
      },
      { description: says.resolve },
    )
    setHandler(
      messages.paymentNewsSignal,
      (news) => {
        this.hasPaymentNews = true
        const dispute = requests.dispute(news)
        if (dispute) this.#tell(dispute)
      },
      { description: says.paymentNews },
    )
  }

  /** While `interrupt` is set, a request to cancel calls it at once instead of waiting for its turn. */
  interruptWith(interrupt: () => void): void {
    this.#onCancel = interrupt
  }

  /** The next request that still makes sense when its turn comes. */
  async next(): Promise<Asked> {
    for (;;) {
      await condition(() => this.#queue.length > 0)
      const asked = this.#queue.shift() as Asked
      const refusal = this.#refusalOf(asked.request)
      if (!refusal) return asked
      asked.refuse(refusal)
    }
  }

  /** Lets a request that ends the order wait for that end. */
  putBack(asked: Asked): void {
    this.#queue.unshift(asked)
  }

  /** What a person decides: until then the signal `resolve` is the answer to this question. */
  async resolution(): Promise<messages.ResolveRequest> {
    this.#isAsking = true
    this.#resolution = undefined
    await condition(() => this.#resolution !== undefined)
    this.#isAsking = false
    return this.#resolution ?? { action: 'retry' }
  }

  /** The cancellation that is waiting, if any. */
  get cancellation(): messages.CancelRequest | undefined {
    const asked = this.#queue.find(({ request }) => request.kind === 'cancel')
    return asked?.request.kind === 'cancel' ? asked.request : undefined
  }

  /** A dispute and its end are facts, not requests: they are taken down even when the order is at its end. */
  takeDispute(): Asked | undefined {
    const place = this.#queue.findIndex(({ request: { kind } }) => kind === 'dispute' || kind === 'dispute_end')
    return place < 0 ? undefined : this.#queue.splice(place, 1)[0]
  }

  /** The order has come to its end: everyone who still waits hears how. */
  close(): void {
    this.#isClosed = true
    for (const asked of this.#queue.splice(0)) {
      if (asked.request.kind === 'cancel' && this.#journey.status === 'cancelled') asked.done('cancelled')
      else asked.refuse(this.#refusalOf(asked.request) ?? refusal('invalid_transition', 'The order has ended'))
    }
  }

  #takeRequests(): void {
    setHandler(messages.shipUpdate, (ship) => this.#ask(requests.ship(ship)), {
      validator: (ship) => this.#validate(requests.ship(ship)),
      description: says.ship,
    })
    setHandler(messages.deliverUpdate, (deliver) => this.#ask(requests.deliver(deliver)), {
      validator: (deliver) => this.#validate(requests.deliver(deliver)),
      description: says.deliver,
    })
    setHandler(messages.cancelUpdate, (cancel) => this.#ask(requests.cancel(cancel)), {
      validator: (cancel) => this.#validate(requests.cancel(cancel)),
      description: says.cancel,
    })
    setHandler(messages.shipSignal, (ship) => this.#tell(requests.ship(ship)), { description: says.ship })
    setHandler(messages.deliverSignal, (deliver) => this.#tell(requests.deliver(deliver)), {
      description: says.deliver,
    })
    setHandler(messages.cancelSignal, (cancel) => this.#tell(requests.cancel(cancel)), { description: says.cancel })
  }

  #takeDecisions(): void {
    const decide = async (approved: boolean, decision: messages.DecisionRequest) => {
      this.#decide(approved, decision)
      // Whoever decided hears how it ended, even when it is cancelled meanwhile.
      await CancellationScope.nonCancellable(() =>
        condition(() => this.#journey.status !== 'pending' || this.#isClosed),
      )
      return this.#journey.status
    }
    const mayDecide: (decision: messages.DecisionRequest) => void = () => {
      if (!this.isReviewing || this.decision)
        throw refusal('invalid_transition', 'The order does not wait for an approval')
    }
    setHandler(messages.approveUpdate, (decision) => decide(true, decision), {
      validator: mayDecide,
      description: says.approve,
    })
    setHandler(messages.rejectUpdate, (decision) => decide(false, decision), {
      validator: mayDecide,
      description: says.reject,
    })
    setHandler(messages.approveSignal, (decision) => this.#decideBySignal(true, decision), {
      description: says.approve,
    })
    setHandler(messages.rejectSignal, (decision) => this.#decideBySignal(false, decision), { description: says.reject })
  }

  #decide(approved: boolean, decision: unknown): void {
    const { by, reason } = read(decision)
    this.decision ??= { approved, by: by ?? 'operator', reason: reason ?? '' }
  }

  #decideBySignal(approved: boolean, decision: unknown): void {
    if (!this.isReviewing) return this.#note(approved ? 'approve' : 'reject', 'the order does not wait for an approval')
    this.#decide(approved, decision)
  }

  #ask(request: Request): Promise<OrderStatus> {
    const answer = new Promise<OrderStatus>((done, refuse) => this.#queue.push({ request, done, refuse }))
    if (request.kind === 'cancel') this.#onCancel()
    return answer
  }

  /** A signal has nobody to answer to, and a failure in its handler would fail the order: what is refused is noted. */
  #tell(request: Request): void {
    const refused = this.#refusalOf(request)
    if (refused) return this.#note(request.kind, refused.message)
    this.#ask(request).catch((error: Error) => this.#note(request.kind, error.message))
  }

  #note(what: string, why: string): void {
    log.warn('request refused', { what, why })
    this.#journey.move({ note: `${what} was refused: ${why}` })
  }

  #validate(request: Request): void {
    const refused = this.#refusalOf(request)
    if (refused) throw refused
  }

  #refusalOf(request: Request): ApplicationFailure | undefined {
    const { status } = this.#journey
    switch (request.kind) {
      case 'ship':
        if (!canBecome(status, 'shipped')) return refusal('invalid_transition', `The order is ${status}`)
        return request.carrier && request.tracking_number
          ? undefined
          : refusal('invalid_request', 'ship needs {"carrier": "…", "tracking_number": "…"}')
      case 'deliver':
        return canBecome(status, 'delivered') ? undefined : refusal('invalid_transition', `The order is ${status}`)
      case 'cancel':
        return canBecome(status, 'cancelled') ? undefined : refusal('not_cancellable', `The order is ${status}`)
      case 'resolve':
      case 'dispute':
      case 'dispute_end':
        return undefined
    }
  }
}
