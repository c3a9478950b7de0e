import type { Duration } from '@temporalio/common'
import { type ApplicationFailure, condition, setHandler } from '@temporalio/workflow'
import { formatMoney } from '../domain/money.ts'
import type { RefundStatus } from '../domain/refund.ts'
import type { Decision } from './order-desk.ts'
import * as messages from './refund.messages.ts'
import { refusal } from './refusal.ts'
import { read } from './words.ts'
import { type DetailLine, throwing, WorkDesk } from './work-desk.ts'

const says = {
  requested: 'Answers what became of the refund',
  approve: 'Let the refund go out: {"by":"…","reason":"…"}; not by whoever asked for it',
  reject: 'Refuse the refund: {"by":"…","reason":"…"}',
  resolve: 'For a refund that the gateway refused: {"action":"retry" or "skip","by":"…"}',
  state: 'Where the refund stands',
}

type Answered = { action: 'retry' | 'skip'; by: string }

/** Where people reach a refund, and how they see it. */
export class RefundDesk extends WorkDesk {
  readonly #input: messages.RefundInput
  #status: RefundStatus | 'pending' = 'pending'
  protected progress = 'Claiming the money'
  #money = ''
  #decision: Decision | undefined
  #answered: Answered | undefined

  constructor(input: messages.RefundInput) {
    super()
    this.#input = input
    const { state, requested, approve, reject, resolve } = says
    setHandler(
      messages.refundStateQuery,
      () => ({ status: this.#status, stage: this.stage, needsAttention: this.needsAttention }),
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
          if (refused) this.note(approved ? 'approve' : 'reject', refused.message)
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
        if (refused) this.note('resolve', refused.message)
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
    this.progress = change.stage
    this.show()
  }

  /** What somebody decided, or nothing after `withinMs`. */
  async decision(withinMs = 0, summary = ''): Promise<Decision | undefined> {
    await condition(() => this.#decision !== undefined, Math.max(withinMs, 1), { summary })
    return this.#decision
  }

  /** The engine was asked to cancel: a refund that still waits is rejected, one that is on its way goes on. */
  cancel(): void {
    if (this.#status === 'pending_approval')
      this.#decision ??= { approved: false, by: 'operator', reason: 'cancelled in the engine' }
    else this.note('cancel', `the refund is ${this.#status}`)
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
    this.note('resolve', why)
  }

  /** Waits until the refund does nothing by itself any more. */
  async #outcome(): Promise<RefundStatus> {
    const isAtWork = () =>
      this.#status === 'pending' ||
      this.#status === 'processing' ||
      (this.#status === 'pending_approval' && this.#decision !== undefined) ||
      (this.#status === 'failed' && this.#answered !== undefined && !this.isClosed)
    await this.known(() => !isAtWork())
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
    return this.#status === 'failed' && !this.#answered && !this.isClosed
      ? undefined
      : refusal('invalid_transition', 'The refund has not failed')
  }

  protected get lines(): DetailLine[] {
    const { orderId, requester } = this.#input
    return [
      ['Refund', `${this.#status}${this.#money && `, ${this.#money}`}`],
      ['Order', orderId],
      ['Asked for by', requester.id],
    ]
  }
}
