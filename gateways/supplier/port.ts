/**
 * What the shop needs from those who supply it. One order has one key for ever; whatever is asked of it may be repeated,
 * and each answer says how the order stands now.
 */
export type SuppliersOrder = {
  /** `received`: not decided yet. Nothing follows on a withdrawal. */
  status: 'received' | 'confirmed' | 'refused' | 'withdrawn'
  quantity: number
  /** What the supplier promises to deliver; less than was asked for is a part. */
  confirmedQuantity: number
  expectedAt?: Date
  /** Why it was refused, in the supplier's words. */
  reason?: string
}

/** An order, and who is spoken to about it. */
export type Addressed = { key: string; supplierId: string; supplierName: string }

export type OrderRequest = Addressed & {
  sku: string
  quantity: number
  unitCostMinor: number
  currency: string
}

export interface SupplierGateway {
  /** Orders units, or asks how the order under this key stands. A refusal is an answer. */
  place(request: OrderRequest): Promise<SuppliersOrder>

  /** Presses for an answer or a delivery; under one `reminderKey` the supplier hears of it once. */
  remind(request: Addressed & { reminderKey: string; about: 'answer' | 'delivery' }): Promise<SuppliersOrder>

  /**
   * The order is not wanted any more, whatever the supplier has made of it. One that has not arrived yet is refused when
   * it does: a late request can bring nothing about.
   */
  withdraw(request: Addressed): Promise<SuppliersOrder>
}
