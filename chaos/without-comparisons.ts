const TEN_YEARS_MS = 10 * 365 * 24 * 60 * 60_000

/**
 * Settings of a shop that does not compare its books by itself: what is kept must be kept without the comparison that
 * mends. The engine counts intervals from 1970, so one of a day would come round at midnight.
 */
export const withoutComparisons = { RECONCILIATION_EVERY_MS: String(TEN_YEARS_MS) }
