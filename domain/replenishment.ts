export type ReplenishmentStatus = 'draft' | 'ordered' | 'confirmed' | 'partially_received' | 'received' | 'cancelled'

const progress = ['draft', 'ordered', 'confirmed', 'partially_received', 'received']

/** Whether what was heard is older than what is known: answers of two effects at once may come in either order. */
export function isOlder(
  heard: { status: ReplenishmentStatus; received: number },
  known: { status: ReplenishmentStatus; received: number },
): boolean {
  if (!isOpen(known.status)) return true
  if (!isOpen(heard.status)) return false
  return heard.received < known.received || progress.indexOf(heard.status) < progress.indexOf(known.status)
}

/** Of a product only one replenishment is open at a time. */
export const isOpen = (status: ReplenishmentStatus): boolean => status !== 'received' && status !== 'cancelled'

/**
 * What one supplier was asked for: still unanswered, promised (all or a part), refused, or no longer wanted. What is
 * withdrawn stays so, whatever the supplier says later.
 */
export type SupplierOrderStatus = 'asked' | 'confirmed' | 'refused' | 'withdrawn'
