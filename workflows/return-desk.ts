import {
  type ApplicationFailure,
  CancellationScope,
  condition,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import { isAwaited, type ReturnStatus } from '../domain/return.ts'
import type { ReturnStanding } from '../store/returns/standing.ts'
import { refusal } from './refusal.ts'
import { cancellationOf, decisionOf, receiptOf, type ReturnAsk, type ReturnAsked, retryOf } from './return-requests.ts'
import * as messages from './return.messages.ts'
import { NeedsAttentionKey } from './search-attributes.ts'

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
export class ReturnDesk {
  readonly #input: messages.ReturnInput
  readonly #asked: ReturnAsked[] = []
  #standing: ReturnStanding | undefined
  #stage = 'Claiming the units'
  #needsAttention: string | null = null
  #news: messages.RefundNews | undefined
  #note: string | undefined
  #refusal: ApplicationFailure | undefined
  #isClosed = false

  constructor(input: messages.ReturnInput) {
    this.#input = input
    setHandler(
      messages.returnStateQuery,
      () => ({
        status: this.#standing?.status ?? 'pending',
        stage: this.#stage,
        needsAttention: this.#needsAttention,
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
      setHandler(update, (message: unknown) => this.#ask(read(message) as ReturnAsk), {
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
    return this.#asked.length === 0
  }

  get needsAttention(): boolean {
    return this.#needsAttention !== null
  }

  stands(standing: ReturnStanding): void {
    this.#standing = standing
    this.#stage = stages[standing.status]
    this.#show()
  }

  /** It cannot be opened: whoever asked for it is told so. */
  refuse(why: ApplicationFailure): void {
    this.#refusal = why
    this.#stage = `Refused: ${why.message}`
    this.#show()
  }

  call(why: string | null): void {
    if (why === this.#needsAttention) return
    this.#needsAttention = why
    upsertSearchAttributes([{ key: NeedsAttentionKey, value: why !== null }])
    this.#show()
  }

  /** The engine was asked to cancel. */
  cancel(): void {
    void this.#askAsOperator('cancel', cancellationOf({ by: 'operator', reason: 'cancelled in the engine' }))
  }

  /** What is asked next, or nothing after `withinMs`. */
  async next(withinMs?: number, summary = ''): Promise<ReturnAsked | undefined> {
    const isAsked = () => this.#asked.length > 0
    if (withinMs === undefined) await condition(isAsked)
    else await condition(isAsked, Math.max(withinMs, 1), { summary })
    return this.#asked.shift()
  }

  /** What the refund has to say, or somebody asks, or nothing because `isOver`. */
  async nextNews(isOver: () => boolean): Promise<messages.RefundNews | ReturnAsked | undefined> {
    await condition(() => isOver() || this.#news !== undefined || this.#asked.length > 0)
    const news = this.#news
    this.#news = undefined
    return news ?? this.#asked.shift()
  }

  close(): void {
    this.#isClosed = true
    const over = refusal('invalid_transition', `The return is ${this.status}`)
    for (const { answer } of this.#asked.splice(0)) answer(over)
  }

  async #opened(): Promise<ReturnStatus> {
    await CancellationScope.nonCancellable(() =>
      condition(() => this.#refusal !== undefined || this.#standing !== undefined),
    )
    if (this.#refusal) throw this.#refusal
    return this.status
  }

  async #ask(request: ReturnAsk): Promise<ReturnStatus> {
    let outcome: { refused: ApplicationFailure | undefined } | undefined
    this.#asked.push({ ...request, answer: (refused) => void (outcome = { refused }) })
    await CancellationScope.nonCancellable(() => condition(() => outcome !== undefined))
    throwing(outcome?.refused)
    return this.status
  }

  async #askAsOperator(what: string, request: ReturnAsk | undefined): Promise<void> {
    try {
      throwing(this.#whyNot(request))
      if (request) await this.#ask(request)
    } catch (error) {
      const why = (error as ApplicationFailure).message
      log.warn('request refused', { what, why })
      this.#note = `${what} was refused: ${why}`
      this.#show()
    }
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
      retry: (status === 'received' && this.needsAttention) || this.#standing === undefined,
    }[request.kind]
    return this.#isClosed || !isPossible ? refusal('invalid_transition', `The return is ${status}`) : undefined
  }

  #show(): void {
    const { valueMinor } = this.#standing ?? {}
    const lines = [
      `### ${this.#stage}`,
      '',
      '| | |',
      '| --- | --- |',
      `| Return | ${this.#standing?.status ?? 'pending'} |`,
      `| Order | ${this.#input.orderId} |`,
      ...this.#input.items.map(({ productId, quantity }) => `| ${productId} | ${quantity} |`),
      ...(valueMinor === undefined ? [] : [`| Worth | ${valueMinor} minor units |`]),
      `| Asked for by | ${this.#input.requester.id} |`,
      ...(this.#needsAttention ? [`| **Needs attention** | ${this.#needsAttention} |`] : []),
      ...(this.#note ? [`| Last request | ${this.#note} |`] : []),
    ]
    setCurrentDetails(lines.join('\n'))
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

function throwing(refused: ApplicationFailure | undefined): void {
  if (refused) throw refused
}
