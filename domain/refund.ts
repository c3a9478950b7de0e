import { formatMoney } from './money.ts'

export type RefundStatus = 'pending_approval' | 'processing' | 'succeeded' | 'failed' | 'rejected'

/** `restock`: the units go back onto the shelf. */
export type RefundItem = { productId: string; quantity: number; restock: boolean }

/** An amount, lines, or both: then the lines say what is restocked. Neither asks for all that is left. */
export type RefundWish = { amountMinor?: number | undefined; items: RefundItem[] }

/** What of an order could still be refunded. */
export type Refundable = {
  currency: string
  capturedMinor: number
  refundedMinor: number
  /** Claimed by refunds that are on their way. */
  heldMinor: number
  /** Taken back by the customer's bank for now. */
  disputedMinor: number
  /** Age of the capture. */
  capturedForMs: number
  lines: RefundableLine[]
}

export type RefundableLine = {
  productId: string
  unitPriceMinor: number
  quantity: number
  /** Units that earlier refunds named, and those that are on their way back or have come. */
  refundedUnits: number
  /** Those that cannot be put back any more: they are back, or on their way, or their order was given up with them. */
  restockedUnits: number
}

export type RefundQuote =
  | { outcome: 'quoted'; amountMinor: number }
  | { outcome: 'refused'; problem: 'refund_exceeds_captured' | 'invalid_request'; detail: string }

export const refundableMinor = ({ capturedMinor, refundedMinor, heldMinor, disputedMinor }: Refundable): number =>
  Math.max(capturedMinor - refundedMinor - heldMinor - disputedMinor, 0)

/** What a wish comes to, or why it cannot be granted. */
export function quoteRefund(wish: RefundWish, refundable: Refundable): RefundQuote {
  const lines = new Map(refundable.lines.map((line) => [line.productId, line]))
  let itemsMinor = 0
  for (const { productId, quantity, restock } of wish.items) {
    const line = lines.get(productId)
    if (!line) return refused('invalid_request', `The order has no ${productId}`)
    const left = line.quantity - line.refundedUnits
    if (quantity > left) return refused('refund_exceeds_captured', `Of ${productId} ${left} can still be refunded`)
    const away = line.quantity - line.restockedUnits
    if (restock && quantity > away) return refused('refund_exceeds_captured', `Of ${productId} ${away} can be put back`)
    itemsMinor += line.unitPriceMinor * quantity
  }
  const leftMinor = refundableMinor(refundable)
  const amountMinor = wish.amountMinor ?? (wish.items.length > 0 ? itemsMinor : leftMinor)
  if (amountMinor === 0 && refundable.capturedMinor > 0 && leftMinor > 0)
    return refused('invalid_request', 'The refund comes to nothing')
  if (amountMinor > leftMinor || amountMinor === 0)
    return refused(
      'refund_exceeds_captured',
      `${formatMoney({ amountMinor: leftMinor, currency: refundable.currency })} can still be refunded`,
    )
  return { outcome: 'quoted', amountMinor }
}

const refused = (problem: 'refund_exceeds_captured' | 'invalid_request', detail: string): RefundQuote => ({
  outcome: 'refused',
  problem,
  detail,
})

/** When a refund needs the consent of somebody other than who asked for it. */
export type ApprovalPolicy = {
  /** Up to this amount staff refund on their own. */
  limitMinor: number
  /** As long after the capture. */
  withinMs: number
}

export type Requester = { id: string; isStaff: boolean }

export const needsApproval = (
  amountMinor: number,
  { capturedForMs }: Refundable,
  requester: Requester,
  policy: ApprovalPolicy,
): boolean => !requester.isStaff || amountMinor > policy.limitMinor || capturedForMs > policy.withinMs
