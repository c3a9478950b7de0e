import type { SearchAttributePair } from '@temporalio/common'
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import { formatMoney } from '../domain/money.ts'
import type { OrderStatus, PaymentStatus } from '../domain/order.ts'
import type { OrderState } from './order.messages.ts'
import {
  CurrencyKey,
  NeedsAttentionKey,
  OrderStatusKey,
  OrderTotalKey,
  PaymentStatusKey,
  SkusKey,
} from './search-attributes.ts'
import { type DetailLine, detailsOf } from './work-desk.ts'

type Placed = { number: number; totalMinor: number; currency: string; units: number; skus: string[] }

/** Where an order stands, and how its operators see it. */
export class Journey implements OrderState {
  status: OrderStatus = 'pending'
  paymentStatus: PaymentStatus = 'pending'
  stage = 'Placing: pricing the lines and promising the stock'
  needsAttention: string | null = null
  note: string | null = null
  #placed: Placed | undefined
  #shown: { status: OrderStatus; paymentStatus: PaymentStatus; placed: boolean; attention: boolean } = {
    status: 'pending',
    paymentStatus: 'pending',
    placed: false,
    attention: false,
  }

  place(placed: Placed): void {
    this.#placed = placed
  }

  get isPlaced(): boolean {
    return this.#placed !== undefined
  }

  /** The details are not part of the history: they may change at every stage. */
  move(change: Partial<Pick<Journey, 'status' | 'paymentStatus' | 'stage' | 'needsAttention' | 'note'>>): void {
    Object.assign(this, change)
    setCurrentDetails(this.#details())
  }

  /**
   * Tells the list of workflows what changed. Each telling is an event of the history, so it is done once before a wait,
   * not at every stage.
   */
  show(): void {
    const pairs: SearchAttributePair[] = []
    if (this.#placed && !this.#shown.placed)
      pairs.push(
        { key: OrderTotalKey, value: this.#placed.totalMinor },
        { key: CurrencyKey, value: this.#placed.currency },
        { key: SkusKey, value: withinLimit(this.#placed.skus) },
      )
    if (this.status !== this.#shown.status) pairs.push({ key: OrderStatusKey, value: this.status })
    if (this.paymentStatus !== this.#shown.paymentStatus)
      pairs.push({ key: PaymentStatusKey, value: this.paymentStatus })
    const attention = this.needsAttention !== null
    if (attention !== this.#shown.attention) pairs.push({ key: NeedsAttentionKey, value: attention })
    if (pairs.length > 0) upsertSearchAttributes(pairs)
    this.#shown = {
      status: this.status,
      paymentStatus: this.paymentStatus,
      placed: this.#placed !== undefined,
      attention,
    }
  }

  #details(): string {
    const placed = this.#placed
    const lines: DetailLine[] = [
      ['Order', this.status],
      ['Payment', this.paymentStatus],
      ...(placed
        ? ([
            ['Number', placed.number],
            ['Total', formatMoney({ amountMinor: placed.totalMinor, currency: placed.currency })],
            ['Units', `${placed.units} of ${listed(placed.skus)}`],
          ] satisfies DetailLine[])
        : []),
    ]
    return detailsOf(this.stage, lines, this)
  }
}

/** The engine ends a workflow whose search attribute is larger than 2,048 bytes: the first SKUs that fit must do. */
const MOST_BYTES = 1_800

function withinLimit(skus: string[]): string[] {
  const fitting: string[] = []
  let bytes = 0
  for (const sku of skus) {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    bytes += (JSON.stringify(sku).length + 1) * (/^[ -~]*$/.test(sku) ? 1 : 3)
    if (bytes > MOST_BYTES) break
    fitting.push(sku)
  }
  return fitting
}

const MOST_LISTED = 10

const listed = (skus: string[]): string =>
  skus.length <= MOST_LISTED
    ? skus.join(', ')
    : `${skus.slice(0, MOST_LISTED).join(', ')} and ${skus.length - MOST_LISTED} more`
