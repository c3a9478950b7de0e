import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { combinedScore, type RiskSignals, riskScore, riskVerdict } from '../../domain/risk.ts'

const limits = { reviewAbove: 0.5, rejectAbove: 0.8 }
const verdictOn = (signals: RiskSignals, gateway?: number) =>
  riskVerdict(combinedScore(riskScore(signals), gateway), limits)

const paid = (amountMinor: number, ageMinutes = 5) => ({ amountMinor, paid: true, failed: false, ageMinutes })
const failed = (ageMinutes = 5) => ({ amountMinor: 5_000, paid: false, failed: true, ageMinutes })
const goodCustomer: RiskSignals = {
  amountMinor: 5_000,
  accountAgeDays: 400,
  sameAddresses: true,
  recentOrders: [paid(4_000, 10_000), paid(6_000, 20_000)],
}

describe('a good customer is not bothered', () => {
  test('an ordinary order of a known customer scores nothing', () => {
    expect(riskScore(goodCustomer)).toBe(0)
  })

  test('a new account in its busiest minute with its largest amount still passes', () => {
    const busy = {
      ...goodCustomer,
      accountAgeDays: 0,
      amountMinor: 10_000_000,
      recentOrders: Array(30).fill(paid(100, 0)),
    }
    expect(riskScore(busy)).toBeLessThanOrEqual(0.45)
    expect(verdictOn(busy)).toBe('accept')
  })

  test('newness, velocity and amount alone never reach review, whatever they are', () => {
    const order = fc.record({ amountMinor: fc.nat(10 ** 9), ageMinutes: fc.nat(100_000) })
    const signals = fc.record({
      amountMinor: fc.nat(10 ** 9),
      accountAgeDays: fc.double({ min: 0, max: 5_000, noNaN: true }),
      sameAddresses: fc.constant(true),
      recentOrders: fc.array(
        order.map(({ amountMinor, ageMinutes }) => paid(amountMinor, ageMinutes)),
        { maxLength: 30 },
      ),
    })
    fc.assert(fc.property(signals, (signal) => verdictOn(signal) === 'accept'))
  })

  test('one mistyped card number does not count', () => {
    expect(riskScore({ ...goodCustomer, recentOrders: [failed(), paid(5_000)] })).toBeLessThan(0.05)
  })
})

describe('what a thief does is noticed', () => {
  const tryingCards = {
    ...goodCustomer,
    accountAgeDays: 0,
    sameAddresses: false,
    recentOrders: Array(8).fill(failed()),
  }

  test('a new account that tries card after card to another address is looked at by a person', () => {
    expect(verdictOn(tryingCards)).toBe('review')
  })

  test('and refused when the amount is far out of the ordinary as well', () => {
    expect(verdictOn({ ...tryingCards, amountMinor: 5_000_000 })).toBe('reject')
  })

  test('a payment that works ends the row of failures', () => {
    expect(riskScore({ ...tryingCards, recentOrders: [paid(5_000), ...tryingCards.recentOrders] })).toBeLessThan(0.5)
  })
})

describe('the gateway is heard', () => {
  test.each([
    [0.05, 'accept'],
    [0.5, 'accept'],
    [0.6, 'review'],
    [0.8, 'review'],
    [0.95, 'reject'],
  ])('its score of %d means %s', (score, verdict) => {
    expect(verdictOn(goodCustomer, score)).toBe(verdict)
  })

  test('the more worried of the two counts, and no score leaves 0 to 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        expect(combinedScore(a, b)).toBe(Math.max(a, b))
      }),
    )
    expect(combinedScore(0.3, undefined)).toBe(0.3)
  })
})
