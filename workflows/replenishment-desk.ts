import {
  type ApplicationFailure,
  CancellationScope,
  condition,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import { isOlder, isOpen, type ReplenishmentStatus } from '../domain/replenishment.ts'
import type { Standing } from '../store/replenishments/open.ts'
import { refusal } from './refusal.ts'
import * as messages from './replenishment.messages.ts'
import { NeedsAttentionKey } from './search-attributes.ts'
import { read } from './words.ts'

const says = {
  requested: 'Answers as soon as the units are on order',
  receive: 'Count units in that have come: {"quantity":10,"by":"…"}',
  cancel: 'Do not wait for what has not come: {"by":"…","reason":"…"}; what has come stays',
  state: 'Where the replenishment stands',
}

type Receive = { kind: 'receive'; quantity: number; by: string; receiptId: string | undefined }
type Cancel = { kind: 'cancel'; by: string; reason: string }

/** What somebody asked for. `answer` says that it was done, or why it was not. */
export type Asked = (Receive | Cancel) & { answer: (refused: ApplicationFailure | undefined) => void }

/** Where people reach a replenishment, and how they see it. */
export class ReplenishmentDesk {
  readonly #input: messages.ReplenishmentInput
  readonly #asked: Asked[] = []
  #standing: Standing | undefined
  #needsAttention: string | null = null
  #note: string | undefined
  #refusal: ApplicationFailure | undefined
  #isClosed = false
  #isNudged = false
  #supplier: string | null = null

  constructor(input: messages.ReplenishmentInput) {
    this.#input = input
    const { state, requested, receive, cancel } = says
    setHandler(messages.replenishmentStateQuery, () => this.#state(), { description: state })
    setHandler(messages.replenishedUpdate, () => this.#onOrder(), { description: requested })
    setHandler(messages.receiveUpdate, (message) => this.#ask(receiptOf(message) as Receive), {
      validator: (message) => throwing(this.#whyNotReceive(message)),
      description: receive,
    })
    setHandler(messages.cancelReplenishmentUpdate, (message) => this.#ask(cancellationOf(message)), {
      validator: (_message) => throwing(this.#whyNotCancel()),
      description: cancel,
    })
    setHandler(
      messages.receiveSignal,
      (message) => this.#askAsOperator('receive', this.#whyNotReceive(message), receiptOf(message)),
      { description: receive },
    )
    setHandler(
      messages.cancelReplenishmentSignal,
      (message) => this.#askAsOperator('cancel', this.#whyNotCancel(), cancellationOf(message)),
      { description: cancel },
    )
  }

  get status(): ReplenishmentStatus {
    return this.#standing?.status ?? 'draft'
  }

  get quantity(): number {
    return this.#standing?.quantity ?? this.#input.quantity
  }

  get missing(): number {
    return this.quantity - (this.#standing?.received ?? 0)
  }

  get isIdle(): boolean {
    return this.#asked.length === 0
  }

  stands({ status, quantity, received }: Standing): void {
    const heard = { status, quantity, received }
    if (this.#standing && isOlder(heard, this.#standing)) return
    this.#standing = heard
    this.#show()
  }

  /** It cannot be opened: whoever asked for it is told so. */
  refuse(why: ApplicationFailure): void {
    this.#refusal = why
    this.#note = why.message
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
    void this.#askAsOperator(
      'cancel',
      this.#whyNotCancel(),
      cancellationOf({ by: 'operator', reason: 'cancelled in the engine' }),
    )
  }

  /** What is said of who brings the units. */
  tellOfSupplier(what: string): void {
    this.#supplier = what
    this.#show()
  }

  /** How long is waited for the next request has changed. */
  nudge(): void {
    this.#isNudged = true
  }

  /** What is asked next. `late` when nothing is within `withinMs`; `nudged` when that has changed. */
  async next(withinMs: number | undefined): Promise<Asked | 'late' | 'nudged'> {
    const isAsked = () => this.#asked.length > 0 || this.#isNudged
    if (withinMs === undefined) await condition(isAsked)
    else await condition(isAsked, Math.max(withinMs, 1), { summary: 'After this the delivery is late' })
    const isNudged = this.#isNudged
    this.#isNudged = false
    return this.#asked.shift() ?? (isNudged ? 'nudged' : 'late')
  }

  close(): void {
    this.#isClosed = true
    const over = refusal('invalid_transition', `The replenishment is ${this.status}`)
    for (const { answer } of this.#asked.splice(0)) answer(over)
  }

  async #onOrder(): Promise<ReplenishmentStatus> {
    await CancellationScope.nonCancellable(() =>
      condition(() => this.#refusal !== undefined || (this.#standing !== undefined && this.status !== 'draft')),
    )
    if (this.#refusal) throw this.#refusal
    return this.status
  }

  async #ask(request: Receive | Cancel): Promise<ReplenishmentStatus> {
    let outcome: { refused: ApplicationFailure | undefined } | undefined
    this.#asked.push({ ...request, answer: (refused) => void (outcome = { refused }) })
    await CancellationScope.nonCancellable(() => condition(() => outcome !== undefined))
    throwing(outcome?.refused)
    return this.status
  }

  async #askAsOperator(
    what: string,
    refused: ApplicationFailure | undefined,
    request: Receive | Cancel | undefined,
  ): Promise<void> {
    try {
      throwing(refused)
      if (request) await this.#ask(request)
    } catch (error) {
      const why = (error as ApplicationFailure).message
      log.warn('request refused', { what, why })
      this.#note = `${what} was refused: ${why}`
      this.#show()
    }
  }

  #whyNotReceive(message: unknown): ApplicationFailure | undefined {
    if (!receiptOf(message)) return refusal('invalid_request', 'Say how many units have come: {"quantity":10}')
    // Before it is known where it stands, what is asked waits for that.
    if (!isOpen(this.status)) return refusal('invalid_transition', `The replenishment is ${this.status}`)
    return this.#isClosed ? refusal('invalid_transition', 'The replenishment is over') : undefined
  }

  #whyNotCancel(): ApplicationFailure | undefined {
    return this.#isClosed || !isOpen(this.status)
      ? refusal('invalid_transition', `The replenishment is ${this.status}`)
      : undefined
  }

  #state(): messages.ReplenishmentState {
    return {
      status: this.#standing?.status ?? 'pending',
      quantity: this.quantity,
      received: this.quantity - this.missing,
      stage: this.#stage(),
      supplier: this.#supplier,
      needsAttention: this.#needsAttention,
    }
  }

  #stage(): string {
    if (!this.#standing) return 'Opening'
    const { status, quantity, received } = this.#standing
    return isOpen(status) ? `${received} of ${quantity} units have come` : `${status}, ${received} units have come`
  }

  #show(): void {
    const lines = [
      `### ${this.#stage()}`,
      '',
      '| | |',
      '| --- | --- |',
      `| Replenishment | ${this.status} |`,
      `| Product | ${this.#input.productId} |`,
      `| Asked for by | ${this.#input.requestedBy} |`,
      ...(this.#supplier ? [`| Supplier | ${this.#supplier} |`] : []),
      ...(this.#needsAttention ? [`| **Needs attention** | ${this.#needsAttention} |`] : []),
      ...(this.#note ? [`| Last request | ${this.#note} |`] : []),
    ]
    setCurrentDetails(lines.join('\n'))
  }
}

const MOST_UNITS = 1_000_000_000
const receiptIdShape = /^rcp_[0-9a-f-]{36}$/

function receiptOf(message: unknown): Receive | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { quantity, receipt_id } = message as Record<string, unknown>
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > MOST_UNITS)
    return undefined
  const receiptId = typeof receipt_id === 'string' && receiptIdShape.test(receipt_id) ? receipt_id : undefined
  return { kind: 'receive', quantity, by: read(message).by ?? 'operator', receiptId }
}

function cancellationOf(message: unknown): Cancel {
  const { by, reason } = read(message)
  return { kind: 'cancel', by: by ?? 'operator', reason: reason ?? '' }
}

function throwing(refused: ApplicationFailure | undefined): void {
  if (refused) throw refused
}
