import { type ApplicationFailure, condition, setHandler } from '@temporalio/workflow'
import { isOlder, isOpen, type ReplenishmentStatus } from '../domain/replenishment.ts'
import type { Standing } from '../store/replenishments/open.ts'
import { refusal } from './refusal.ts'
import * as messages from './replenishment.messages.ts'
import { type Asked, RequestQueue } from './request-queue.ts'
import { read } from './words.ts'
import { type DetailLine, throwing, WorkDesk } from './work-desk.ts'

const says = {
  requested: 'Answers as soon as the units are on order',
  receive: 'Count units in that have come: {"quantity":10,"by":"…"}',
  cancel: 'Do not wait for what has not come: {"by":"…","reason":"…"}; what has come stays',
  state: 'Where the replenishment stands',
}

type Receive = { kind: 'receive'; quantity: number; by: string; receiptId: string | undefined }
type Cancel = { kind: 'cancel'; by: string; reason: string }

export type ReplenishmentAsk = Receive | Cancel

/** Where people reach a replenishment, and how they see it. */
export class ReplenishmentDesk extends WorkDesk {
  readonly #input: messages.ReplenishmentInput
  readonly #asked = new RequestQueue<ReplenishmentAsk, ReplenishmentStatus>({
    status: () => this.status,
    note: (what, why) => this.note(what, why),
  })
  #standing: Standing | undefined
  #isNudged = false
  #supplier: string | null = null

  constructor(input: messages.ReplenishmentInput) {
    super()
    this.#input = input
    const { state, requested, receive, cancel } = says
    setHandler(messages.replenishmentStateQuery, () => this.#state(), { description: state })
    setHandler(messages.replenishedUpdate, () => this.#onOrder(), { description: requested })
    setHandler(messages.receiveUpdate, (message) => this.#asked.ask(receiptOf(message) as Receive), {
      validator: (message) => throwing(this.#whyNotReceive(message)),
      description: receive,
    })
    setHandler(messages.cancelReplenishmentUpdate, (message) => this.#asked.ask(cancellationOf(message)), {
      validator: (_message) => throwing(this.#whyNotCancel()),
      description: cancel,
    })
    setHandler(
      messages.receiveSignal,
      (message) => this.#asked.tell('receive', this.#whyNotReceive(message), receiptOf(message)),
      { description: receive },
    )
    setHandler(
      messages.cancelReplenishmentSignal,
      (message) => this.#asked.tell('cancel', this.#whyNotCancel(), cancellationOf(message)),
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
    return this.#asked.isEmpty
  }

  stands({ status, quantity, received }: Standing): void {
    const heard = { status, quantity, received }
    if (this.#standing && isOlder(heard, this.#standing)) return
    this.#standing = heard
    this.show()
  }

  /** The engine was asked to cancel. */
  cancel(): void {
    void this.#asked.tell(
      'cancel',
      this.#whyNotCancel(),
      cancellationOf({ by: 'operator', reason: 'cancelled in the engine' }),
    )
  }

  /** What is said of who brings the units. */
  tellOfSupplier(what: string): void {
    this.#supplier = what
    this.show()
  }

  /** How long is waited for the next request has changed. */
  nudge(): void {
    this.#isNudged = true
  }

  /** What is asked next. `late` when nothing is within `withinMs`; `nudged` when that has changed. */
  async next(withinMs: number | undefined): Promise<Asked<ReplenishmentAsk> | 'late' | 'nudged'> {
    const isAsked = () => !this.isIdle || this.#isNudged
    if (withinMs === undefined) await condition(isAsked)
    else await condition(isAsked, Math.max(withinMs, 1), { summary: 'After this the delivery is late' })
    const isNudged = this.#isNudged
    this.#isNudged = false
    return this.#asked.take() ?? (isNudged ? 'nudged' : 'late')
  }

  override close(): void {
    super.close()
    this.#asked.refuseAll(({ kind }) => this.#over(kind))
  }

  async #onOrder(): Promise<ReplenishmentStatus> {
    await this.known(() => this.#standing !== undefined && this.status !== 'draft')
    return this.status
  }

  #whyNotReceive(message: unknown): ApplicationFailure | undefined {
    if (!receiptOf(message)) return refusal('invalid_request', 'Say how many units have come: {"quantity":10}')
    // Before it is known where it stands, what is asked waits for that.
    if (!isOpen(this.status)) return this.#over('receive')
    return this.isClosed ? refusal('invalid_transition', 'The replenishment is over') : undefined
  }

  #whyNotCancel(): ApplicationFailure | undefined {
    return this.isClosed || !isOpen(this.status) ? this.#over('cancel') : undefined
  }

  /** Where all has come, more is more than was ordered. */
  #over(asked: ReplenishmentAsk['kind']): ApplicationFailure {
    const problem = asked === 'receive' && this.status === 'received' ? 'over_receipt' : 'invalid_transition'
    return refusal(problem, `The replenishment is ${this.status}`)
  }

  #state(): messages.ReplenishmentState {
    return {
      status: this.#standing?.status ?? 'pending',
      quantity: this.quantity,
      received: this.quantity - this.missing,
      stage: this.stage,
      supplier: this.#supplier,
      needsAttention: this.needsAttention,
    }
  }

  protected get progress(): string {
    if (!this.#standing) return 'Opening'
    const { status, quantity, received } = this.#standing
    return isOpen(status) ? `${received} of ${quantity} units have come` : `${status}, ${received} units have come`
  }

  protected get lines(): DetailLine[] {
    const { productId, requestedBy } = this.#input
    return [
      ['Replenishment', this.status],
      ['Product', productId],
      ['Asked for by', requestedBy],
      ...(this.#supplier ? [['Supplier', this.#supplier] satisfies DetailLine] : []),
    ]
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
