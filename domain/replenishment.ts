export type ReplenishmentStatus = 'draft' | 'ordered' | 'confirmed' | 'partially_received' | 'received' | 'cancelled'

/** Of a product only one replenishment is open at a time. */
export const isOpen = (status: ReplenishmentStatus): boolean => status !== 'received' && status !== 'cancelled'

/** Units may arrive as soon as they were ordered: a supplier's van can be faster than its letter. */
export const mayArrive = (status: ReplenishmentStatus): boolean => isOpen(status) && status !== 'draft'
