import { expect, test } from 'vitest'
import { isOlder } from '../../domain/replenishment.ts'
import { reorderQuantityOf } from '../../domain/reorder-quantity.ts'

const computed = { mode: 'computed', reorderQuantity: 25, leadTimeDays: 9 } as const

test.each([
  ['steady sales last the lead time, without a safety stock', [2, 2, 2, 2], 18],
  // mean 3.78, deviation of the sample 1.56: 3.78 × 9 + 1.645 × 1.56 × 3 = 41.7
  ['ups and downs of the sales ask for more', [2, 4, 6, 2, 4, 6, 4, 4, 2], 42],
  ['one day of sales is what there is to go by', [3], 27],
  ['a product that sold nothing is ordered as staff have set it', [0, 0, 0], 25],
  ['a product that is new is ordered as staff have set it', [], 25],
])('%s', (_, dailySales, units) => {
  expect(reorderQuantityOf({ ...computed, dailySales })).toBe(units)
})

test('without a lead time, and where staff want it so, the quantity is the one that was set', () => {
  expect(reorderQuantityOf({ ...computed, leadTimeDays: undefined, dailySales: [5, 5] })).toBe(25)
  expect(reorderQuantityOf({ ...computed, mode: 'fixed', dailySales: [5, 5] })).toBe(25)
})

test('a supplier that delivers on the same day is trusted with one day', () => {
  expect(reorderQuantityOf({ ...computed, leadTimeDays: 0, dailySales: [7, 7] })).toBe(7)
})

test('what is heard late never takes a replenishment back to where it was', () => {
  const at = (status: Parameters<typeof isOlder>[0]['status'], received = 0) => ({ status, received })
  expect(isOlder(at('ordered'), at('confirmed'))).toBe(true)
  expect(isOlder(at('confirmed'), at('partially_received', 3))).toBe(true)
  expect(isOlder(at('partially_received', 3), at('partially_received', 5))).toBe(true)
  expect(isOlder(at('partially_received', 9), at('cancelled', 9))).toBe(true)
  expect(isOlder(at('confirmed'), at('ordered'))).toBe(false)
  expect(isOlder(at('cancelled'), at('confirmed'))).toBe(false)
})
