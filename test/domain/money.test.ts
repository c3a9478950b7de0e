import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMoney, isAmountMinor, isCurrency, MAX_AMOUNT_MINOR } from '../../domain/money.ts'

const amount = fc.integer({ min: 0, max: MAX_AMOUNT_MINOR })

describe('an amount is shown to the cent', () => {
  test.each([
    [5998, 'USD', '59.98 USD'],
    [5, 'USD', '0.05 USD'],
    [0, 'EUR', '0.00 EUR'],
    [-1999, 'EUR', '-19.99 EUR'],
    [1999, 'JPY', '1999 JPY'],
    [1999, 'KWD', '1.999 KWD'],
  ])('%d minor units of %s are %s', (amountMinor, currency, shown) => {
    expect(formatMoney({ amountMinor, currency })).toBe(shown)
  })

  test('what is shown, read back, is the same amount, whatever it is', () => {
    fc.assert(
      fc.property(amount, fc.constantFrom('USD', 'JPY', 'KWD'), (amountMinor, currency) => {
        const [digits] = formatMoney({ amountMinor, currency }).split(' ')
        expect(Number((digits as string).replace('.', ''))).toBe(amountMinor)
      }),
    )
  })
})

describe('only what is exact is an amount', () => {
  test.each([-1, -0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_AMOUNT_MINOR + 1, 2 ** 53])(
    '%d is none',
    (value) => {
      expect(isAmountMinor(value)).toBe(false)
    },
  )

  test('the sum of as many lines as an order may have, each at the highest price, is still exact', () => {
    const lines = 100
    const units = 999
    expect(Number.isSafeInteger(MAX_AMOUNT_MINOR)).toBe(true)
    // The database adds in 64 bits; what comes out of it is refused here when it is not exact.
    expect(BigInt(MAX_AMOUNT_MINOR) * BigInt(lines) * BigInt(units)).toBeLessThan(2n ** 63n)
  })
})

test.each([
  ['USD', true],
  ['JPY', true],
  ['usd', false],
  ['EURO', false],
  ['XYZ', false],
])('%s is a currency: %s', (code, expected) => {
  expect(isCurrency(code)).toBe(expected)
})
