export type ReplenishmentStatus = 'draft' | 'ordered' | 'confirmed' | 'partially_received' | 'received' | 'cancelled'

/** Of a product only one replenishment is open at a time. */
export const isOpen = (status: ReplenishmentStatus): boolean => status !== 'received' && status !== 'cancelled'
