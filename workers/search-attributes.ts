/** Registered before any worker starts: a workflow that sets an unknown attribute is stuck without looking it. */
export const searchAttributes = {
  OrderStatus: 'Keyword',
  PaymentStatus: 'Keyword',
  CustomerId: 'Keyword',
  OrderTotal: 'Int',
  Currency: 'Keyword',
  Skus: 'KeywordList',
  NeedsAttention: 'Bool',
} as const
