/** Money is an integer count of minor units (cents, pence, yen) and an ISO 4217 code. Nothing here rounds. */
export type Money = { amountMinor: number; currency: string }

/** The most one order may come to: far below 2^53, so that no sum of a request can lose a cent. */
export const MAX_AMOUNT_MINOR = 1_000_000_000_000

const supported = new Set(Intl.supportedValuesOf('currency'))

export const isCurrency = (code: string): boolean => supported.has(code)

export const isAmountMinor = (value: number): boolean =>
  Number.isSafeInteger(value) && !Object.is(value, -0) && value >= 0 && value <= MAX_AMOUNT_MINOR

/** `59.98 USD`, with as many decimals as the currency has. */
export function formatMoney({ amountMinor, currency }: Money): string {
  const decimals = decimalsOf(currency)
  const digits = Math.abs(amountMinor)
    .toString()
    .padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const sign = amountMinor < 0 ? '-' : ''
  return decimals === 0
    ? `${sign}${whole} ${currency}`
    : `${sign}${whole}.${digits.slice(digits.length - decimals)} ${currency}`
}

const knownDecimals = new Map<string, number>()

function decimalsOf(currency: string): number {
  let decimals = knownDecimals.get(currency)
  if (decimals === undefined) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' })
    decimals = format.resolvedOptions().maximumFractionDigits ?? 2
    knownDecimals.set(currency, decimals)
  }
  return decimals
}

/** `1999` is minor units; `19.99` is how people write them. Undefined for what is neither, or too fine for the currency. */
export function minorUnitsIn(text: string, currency: string): number | undefined {
  const [, whole = '', point, fraction = ''] = /^\s*(\d{1,13})(\.)?(\d{0,4})\s*$/.exec(text) ?? []
  if (whole === '') return undefined
  if (!point) return Number(whole)
  const decimals = isCurrency(currency) ? decimalsOf(currency) : 2
  return fraction.length > decimals ? undefined : Number(whole + fraction.padEnd(decimals, '0'))
}
