import { type ApplicationFailure, condition, setHandler } from '@temporalio/workflow'
import { isAwaited, type ReturnStatus } from '../domain/return.ts'
import type { ReturnStanding } from '../store/returns/standing.ts'
import { refusal } from './refusal.ts'
import { type Asked, RequestQueue } from './request-queue.ts'
import { cancellationOf, decisionOf, receiptOf, type ReturnAsk, retryOf } from './return-requests.ts'
import * as messages from './return.messages.ts'
import { type DetailLine, throwing, WorkDesk } from './work-desk.ts'

const says = {
  requested: 'Answers as soon as the units are claimed',
  approve: 'Let the customer send the goods back: {"by":"…","reason":"…"}',
  deny: 'Refuse the return: {"by":"…","reason":"…"}',
  receive: 'Count in what has come: {"items":[{"product_id":"prd_…","quantity":1,"restock":true}],"by":"…"}',
  cancel: 'The goods are not sent back after all: {"by":"…","reason":"…"}; only before anything came',
  retry: 'Have the refund of what came tried again: {"by":"…"}',
  refundNews: 'From the refund of this return, not for people',
  state: 'Where the return stands',
}

/** Where people reach a return, and how they see it. */
export class ReturnDesk extends WorkDesk {
  readonly #input: messages.ReturnInput
  readonly #asked = new RequestQueue<ReturnAsk, ReturnStatus>({
    status: () => this.status,
    note: (what, why) => this.note(what, why),
  })
  #standing: ReturnStanding | undefined
  #news: messages.RefundNews | undefined

  constructor(input: messages.ReturnInput) {
    super()
    this.#input = input
    setHandler(
      messages.returnStateQuery,
      () => ({
        status: this.#standing?.status ?? 'pending',
        stage: this.stage,
        needsAttention: this.needsAttention,
      }),
      { description: says.state },
    )
    setHandler(messages.returnRequestedUpdate, () => this.#opened(), { description: says.requested })
    setHandler(messages.refundNewsSignal, (news) => void (this.#news = news), { description: says.refundNews })
    const approval = (message: unknown) => decisionOf(true, message)
    const denial = (message: unknown) => decisionOf(false, message)
    for (const [name, update, signal, read] of [
      ['approve', messages.approveReturnUpdate, messages.approveReturnSignal, approval],
      ['deny', messages.denyReturnUpdate, messages.denyReturnSignal, denial],
      ['receive', messages.receiveReturnUpdate, messages.receiveReturnSignal, receiptOf],
      ['cancel', messages.cancelReturnUpdate, messages.cancelReturnSignal, cancellationOf],
      ['retry', messages.retryReturnUpdate, messages.retryReturnSignal, retryOf],
    ] as const) {
      const description = says[name]
      setHandler(update, (message: unknown) => this.#asked.ask(read(message) as ReturnAsk), {
        validator: (message: unknown) => throwing(this.#whyNot(read(message))),
        description,
      })
      setHandler(signal, (message: unknown) => this.#askAsOperator(name, read(message)), { description })
    }
  }

  get status(): ReturnStatus {
    return this.#standing?.status ?? 'requested'
  }

  get standing(): ReturnStanding | undefined {
    return this.#standing
  }

  get isIdle(): boolean {
    return this.#asked.isEmpty
  }

  stands(standing: ReturnStanding): void {
    this.#standing = standing
    this.show()
  }

  /** The engine was asked to cancel. */
  cancel(): void {
    void this.#askAsOperator('cancel', cancellationOf({ by: 'operator', reason: 'cancelled in the engine' }))
  }

  /** What is asked next, or nothing after `withinMs`. */
  async next(withinMs?: number, summary = ''): Promise<Asked<ReturnAsk> | undefined> {
    const isAsked = () => !this.isIdle
    if (withinMs === undefined) await condition(isAsked)
    else await condition(isAsked, Math.max(withinMs, 1), { summary })
    return this.#asked.take()
  }

  /** What the refund has to say, or somebody asks, or nothing because `isOver`. */
  async nextNews(isOver: () => boolean): Promise<messages.RefundNews | Asked<ReturnAsk> | undefined> {
    await condition(() => isOver() || this.#news !== undefined || !this.isIdle)
    const news = this.#news
    this.#news = undefined
    return news ?? this.#asked.take()
  }

  override close(): void {
    super.close()
    this.#asked.refuseAll(() => refusal('invalid_transition', `The return is ${this.status}`))
  }

  async #opened(): Promise<ReturnStatus> {
    await this.known(() => this.#standing !== undefined)
    return this.status
  }

  #askAsOperator(what: string, request: ReturnAsk | undefined): Promise<void> {
    return this.#asked.tell(what, this.#whyNot(request), request)
  }

  /** Before it is known where the return stands, what is asked waits for that. */
  #whyNot(request: ReturnAsk | undefined): ApplicationFailure | undefined {
    if (!request)
      return refusal(
        'invalid_request',
        'Say what has come, each product once: {"items":[{"product_id":"prd_…","quantity":1,"restock":true}]}',
      )
    const { status } = this
    const isPossible = {
      decide: status === 'requested',
      receive: isAwaited(status) || this.#standing === undefined,
      cancel: status === 'requested' || status === 'approved',
      retry: (status === 'received' && this.needsAttention !== null) || this.#standing === undefined,
    }[request.kind]
    return this.isClosed || !isPossible ? refusal('invalid_transition', `The return is ${status}`) : undefined
  }

  protected get progress(): string {
    return this.#standing ? stages[this.#standing.status] : 'Claiming the units'
  }

  protected get lines(): DetailLine[] {
    const { orderId, items, requester } = this.#input
    return [
      ['Return', this.#standing?.status ?? 'pending'],
      ['Order', orderId],
      ...items.map(({ productId, quantity }): DetailLine => [productId, quantity]),
      ...(this.#standing ? [['Worth', `${this.#standing.valueMinor} minor units`] satisfies DetailLine] : []),
      ['Asked for by', requester.id],
    ]
  }
}

const stages: Record<ReturnStatus, string> = {
  requested: 'Waiting for approve or deny',
  approved: 'Waiting for the goods',
  partially_received: 'Waiting for the rest of the goods',
  received: 'Giving the money back',
  refunded: 'The money has gone back',
  denied: 'Denied',
  expired: 'Nothing came in time',
  cancelled: 'Not sent back',
}
