import { isId } from '../domain/ids.ts'
import type { ReceivedItem } from '../domain/return.ts'
import { read } from './words.ts'

type Decide = { kind: 'decide'; approved: boolean; by: string; reason: string }
type Receive = { kind: 'receive'; items: ReceivedItem[]; by: string; receiptId: string | undefined }
type Cancel = { kind: 'cancel'; by: string; reason: string }
type Retry = { kind: 'retry'; by: string }

export type ReturnAsk = Decide | Receive | Cancel | Retry

export function decisionOf(approved: boolean, message: unknown): Decide {
  const { by, reason } = read(message)
  return { kind: 'decide', approved, by: by ?? 'operator', reason: reason ?? '' }
}

export function cancellationOf(message: unknown): Cancel {
  const { by, reason } = read(message)
  return { kind: 'cancel', by: by ?? 'operator', reason: reason ?? '' }
}

export const retryOf = (message: unknown): Retry => ({ kind: 'retry', by: read(message).by ?? 'operator' })

const MOST_LINES = 100
const MOST_UNITS = 1_000_000_000

/** As far as it can be understood: a message may come from anyone's keyboard. */
export function receiptOf(message: unknown): Receive | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { items, receipt_id } = message as Record<string, unknown>
  if (!Array.isArray(items) || items.length === 0 || items.length > MOST_LINES) return undefined
  const known = items.map(itemOf).filter((item) => item !== undefined)
  if (known.length < items.length || new Set(known.map(({ productId }) => productId)).size < known.length)
    return undefined
  const receiptId = typeof receipt_id === 'string' && isId('rrc', receipt_id) ? receipt_id : undefined
  return { kind: 'receive', items: known, by: read(message).by ?? 'operator', receiptId }
}

function itemOf(item: unknown): ReceivedItem | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { product_id: productId, quantity, restock } = item as Record<string, unknown>
  if (typeof productId !== 'string' || !isId('prd', productId)) return undefined
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > MOST_UNITS)
    return undefined
  return { productId, quantity, restock: restock === true }
}
