import type { CheckoutLine, Quote } from '../../store/checkouts.ts'

/**
 * Keeps a rush for the last units of a product from starting more checkouts than there are units: who comes when all
 * units left may go to those who are being decided on waits a moment for their outcome, and then mostly hears at once
 * that it is sold out. This is of one process and only saves work; who gets a unit is decided by the database.
 */
export class Turnstile {
  readonly #undecided = new Map<string, number>()
  readonly #queues = new Map<string, Set<() => void>>()

  /** The product, if any, of which those inside may take all that is left. */
  crowdedProduct(lines: CheckoutLine[], quotes: Quote[]): string | undefined {
    const available = new Map(quotes.map((quote) => [quote.productId, quote.available]))
    return lines.find(
      ({ productId, quantity }) =>
        (this.#undecided.get(productId) ?? 0) + quantity > (available.get(productId) ?? 0) &&
        this.#undecided.has(productId),
    )?.productId
  }

  /** Counts a checkout as being decided on until the returned function is called. */
  enter(lines: CheckoutLine[]): () => void {
    for (const line of lines) this.#add(line.productId, line.quantity)
    return () => {
      for (const line of lines) this.#add(line.productId, -line.quantity)
      for (const { productId } of lines) this.wakeNext(productId)
    }
  }

  /** Resolves when it is this one's turn to look again, or after `withinMs`. */
  waitFor(productId: string, withinMs: number): Promise<void> {
    const queue = this.#queues.get(productId) ?? new Set()
    this.#queues.set(productId, queue)
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        queue.delete(wake)
        if (queue.size === 0 && this.#queues.get(productId) === queue) this.#queues.delete(productId)
        resolve()
      }
      const timer = setTimeout(wake, withinMs)
      queue.add(wake)
    })
  }

  /** First come, first woken: each who has looked lets the next one look. */
  wakeNext(productId: string): void {
    const [wake] = this.#queues.get(productId) ?? []
    wake?.()
  }

  #add(productId: string, quantity: number): void {
    const units = (this.#undecided.get(productId) ?? 0) + quantity
    if (units > 0) this.#undecided.set(productId, units)
    else this.#undecided.delete(productId)
  }
}
