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

export type OrderRequest = {
  key: string
  supplierId: string
  supplierName: string
  sku: string
  quantity: number
  unitCostMinor: number
  currency: string
}

export interface SupplierGateway {
  /** Orders units, or asks how the order under this key stands. A refusal is an answer. */
  place(request: OrderRequest): Promise<SuppliersOrder>

  /** Presses for an answer or a delivery; under one `reminderKey` the supplier hears of it once. */
  remind(request: { key: string; reminderKey: string; about: 'answer' | 'delivery' }): Promise<SuppliersOrder>

  /**
   * The order is not wanted any more, whatever the supplier has made of it. One that has not arrived yet is refused when
   * it does: a late request can bring nothing about.
   */
  withdraw(key: string): Promise<SuppliersOrder>
}
