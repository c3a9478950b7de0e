import {
  type ApplicationFailure,
  CancellationScope,
  condition,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { Duration } from '@temporalio/common'
import { formatMoney } from '../domain/money.ts'
import type { RefundStatus } from '../domain/refund.ts'
import type { Decision } from './order-desk.ts'
import * as messages from './refund.messages.ts'
import { refusal } from './refusal.ts'
import { NeedsAttentionKey } from './search-attributes.ts'
import { read } from './words.ts'

const says = {
  requested: 'Answers what became of the refund',
  approve: 'Let the refund go out: {"by":"…","reason":"…"}; not by whoever asked for it',
  reject: 'Refuse the refund: {"by":"…","reason":"…"}',
  resolve: 'For a refund that the gateway refused: {"action":"retry" or "skip","by":"…"}',
  state: 'Where the refund stands',
}

type Answered = { action: 'retry' | 'skip'; by: string }

/** Where people reach a refund, and how they see it. */
export class RefundDesk {
  readonly #input: messages.RefundInput
  #status: RefundStatus | 'pending' = 'pending'
  #stage = 'Claiming the money'
  #needsAttention: string | null = null
  #money = ''
  #note: string | undefined
  #refusal: ApplicationFailure | undefined
  #decision: Decision | undefined
  #answered: Answered | undefined
  #isClosed = false

  constructor(input: messages.RefundInput) {
    this.#input = input
    const { state, requested, approve, reject, resolve } = says
    setHandler(
      messages.refundStateQuery,
      () => ({ status: this.#status, stage: this.#stage, needsAttention: this.#needsAttention }),
      { description: state },
    )
    setHandler(messages.requestedUpdate, () => this.#outcome(), { description: requested })
    for (const [approved, update, signal, description] of [
      [true, messages.approveRefundUpdate, messages.approveRefundSignal, approve],
      [false, messages.rejectRefundUpdate, messages.rejectRefundSignal, reject],
    ] as const) {
      setHandler(
        update,
        (message) => {
          this.#decide(approved, message)
          return this.#outcome()
        },
        { validator: (message) => throwing(this.#whyNotDecide(message)), description },
      )
      setHandler(
        signal,
        (message) => {
          const refused = this.#whyNotDecide(message)
          if (refused) this.#refuse(approved ? 'approve' : 'reject', refused.message)
          else this.#decide(approved, message)
        },
        { description },
      )
    }
    setHandler(
      messages.resolveRefundUpdate,
      (message) => {
        this.#resolve(message)
        return this.#outcome()
      },
      { validator: (message) => throwing(this.#whyNotResolve(message)), description: resolve },
    )
    setHandler(
      messages.resolveRefundSignal,
      (message) => {
        const refused = this.#whyNotResolve(message)
        if (refused) this.#refuse('resolve', refused.message)
        else this.#resolve(message)
      },
      { description: resolve },
    )
  }

  get status(): RefundStatus | 'pending' {
    return this.#status
  }

  held(money: { amountMinor: number; currency: string }): void {
    this.#money = formatMoney(money)
  }

  move(change: { status?: RefundStatus; stage: string }): void {
    this.#status = change.status ?? this.#status
    this.#stage = change.stage
    this.#show()
  }

  /** The refund cannot be: whoever asked for it is told so. */
  refuse(why: ApplicationFailure): void {
    this.#refusal = why
    this.move({ stage: `Refused: ${why.message}` })
  }

  call(why: string | null): void {
    if (why === this.#needsAttention) return
    this.#needsAttention = why
    upsertSearchAttributes([{ key: NeedsAttentionKey, value: why !== null }])
    this.#show()
  }

  /** What somebody decided, or nothing after `withinMs`. */
  async decision(withinMs: number, summary: string): Promise<Decision | undefined> {
    await condition(() => this.#decision !== undefined, Math.max(withinMs, 1), { summary })
    return this.#decision
  }

  /** The engine was asked to cancel: a refund that still waits is rejected, one that is on its way goes on. */
  cancel(): void {
    if (this.#status === 'pending_approval')
      this.#decision ??= { approved: false, by: 'operator', reason: 'cancelled in the engine' }
    else this.#refuse('cancel', `the refund is ${this.#status}`)
  }

  /** What a person says about a refused refund; after `within` it is left as it is. */
  async resolution(within: Duration, summary: string): Promise<Answered> {
    this.#answered = undefined
    await condition(() => this.#answered !== undefined, within, { summary })
    return this.#answered ?? { action: 'skip', by: 'shop' }
  }

  /** It was to be tried again and cannot be: it waits for the next answer. */
  refuseAgain(why: string): void {
    this.#answered = undefined
    this.#refuse('resolve', why)
  }

  close(): void {
    this.#isClosed = true
  }

  /** Waits until the refund does nothing by itself any more. */
  async #outcome(): Promise<RefundStatus> {
    const isAtWork = () =>
      this.#status === 'pending' ||
      this.#status === 'processing' ||
      (this.#status === 'pending_approval' && this.#decision !== undefined) ||
      (this.#status === 'failed' && this.#answered !== undefined && !this.#isClosed)
    await CancellationScope.nonCancellable(() => condition(() => this.#refusal !== undefined || !isAtWork()))
    if (this.#refusal) throw this.#refusal
    return this.#status as RefundStatus
  }

  #decide(approved: boolean, message: unknown): void {
    const { by, reason } = read(message)
    this.#decision ??= { approved, by: by ?? 'operator', reason: reason ?? '' }
  }

  #resolve(message: unknown): void {
    const { action, by } = read(message)
    this.#answered = { action: action === 'skip' ? 'skip' : 'retry', by: by ?? 'operator' }
  }

  #whyNotDecide(message: unknown): ApplicationFailure | undefined {
    if (this.#status !== 'pending_approval' || this.#decision)
      return refusal('invalid_transition', 'The refund does not wait for an approval')
    return read(message).by === this.#input.requester.id
      ? refusal('own_refund', 'Whoever asked for a refund does not decide about it')
      : undefined
  }

  #whyNotResolve(_message: unknown): ApplicationFailure | undefined {
    return this.#status === 'failed' && !this.#answered && !this.#isClosed
      ? undefined
      : refusal('invalid_transition', 'The refund has not failed')
  }

  #refuse(what: string, why: string): void {
    log.warn('request refused', { what, why })
    this.#note = `${what} was refused: ${why}`
    this.#show()
  }

  #show(): void {
    const lines = [
      `### ${this.#stage}`,
      '',
      '| | |',
      '| --- | --- |',
      `| Refund | ${this.#status}${this.#money && `, ${this.#money}`} |`,
      `| Order | ${this.#input.orderId} |`,
      `| Asked for by | ${this.#input.requester.id} |`,
      ...(this.#needsAttention ? [`| **Needs attention** | ${this.#needsAttention} |`] : []),
      ...(this.#note ? [`| Last request | ${this.#note} |`] : []),
    ]
    setCurrentDetails(lines.join('\n'))
  }
}

function throwing(refused: ApplicationFailure | undefined): void {
  if (refused) throw refused
}
