import { expect, test } from 'vitest'
import { holdsCardNumber } from '../../domain/card-numbers.ts'

test.each([
  '4111111111111111',
  '5555 5555 5555 4444',
  '2223-0031-2200-3222',
  '3782 822463 10005',
  '30569309025904',
  '6011000990139424',
  '3530111333300000',
  '６０１１０００９９０１３９４２４',
  'card no.4111111111111111!',
  'for order 7 4111 1111 1111 1111 12/29',
  '4222222222222',
])('%s is a card number', (text) => {
  expect(holdsCardNumber(text)).toBe(true)
})

test.each([
  ['a wrong check digit', '4111111111111112'],
  ['no scheme’s first digits', '1234567812345670'],
  ['too short', '411111111111'],
  ['a longer number', '941111111111111119'],
  ['a telephone number', '+1 (555) 010-9999'],
  ['a time stamp', '2026-11-23T05:06:07.123456Z'],
  ['one of our ids', 'prd_41111111-1111-7111-8111-411111111111'],
  ['a UUID within a text', 'u41111111-1111-4111-8411-111141111111@example.com'],
  ['a place on the map', '48.4111111111111111, 2.30569309025904'],
  ['a gateway token', 'tok_visa'],
])('%s is none', (_, text) => {
  expect(holdsCardNumber(text)).toBe(false)
})

test('a long text of digits and blanks is looked through quickly', () => {
  const startedAt = performance.now()
  holdsCardNumber('1 '.repeat(32_000))
  holdsCardNumber('4'.repeat(64_000))
  holdsCardNumber('4 - '.repeat(16_000))
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
