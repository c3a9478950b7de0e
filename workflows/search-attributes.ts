import { defineSearchAttributeKey } from '@temporalio/common'

/** What operators find orders by in the Web UI and with `temporal workflow list --query`. OrderTotal is in minor units. */
export const OrderStatusKey = defineSearchAttributeKey('OrderStatus', 'KEYWORD')
export const PaymentStatusKey = defineSearchAttributeKey('PaymentStatus', 'KEYWORD')
export const CustomerIdKey = defineSearchAttributeKey('CustomerId', 'KEYWORD')
export const OrderTotalKey = defineSearchAttributeKey('OrderTotal', 'INT')
export const CurrencyKey = defineSearchAttributeKey('Currency', 'KEYWORD')
export const SkusKey = defineSearchAttributeKey('Skus', 'KEYWORD_LIST')
export const NeedsAttentionKey = defineSearchAttributeKey('NeedsAttention', 'BOOL')

export const orderSearchAttributes = [
  OrderStatusKey,
  PaymentStatusKey,
  CustomerIdKey,
  OrderTotalKey,
  CurrencyKey,
  SkusKey,
  NeedsAttentionKey,
]
