/** The schemes' first digits with the lengths they issue. Anything else with a right check digit is just a number. */
const brands: readonly { prefix: RegExp; lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [13, 16, 19] },
  { prefix: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^(6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { prefix: /^(30[0-5]|309|36|38|39)/, lengths: [14] },
  { prefix: /^35(2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { prefix: /^62/, lengths: [16, 17, 18, 19] },
  { prefix: /^(5018|5020|5038|5893|6304|6759|676[1-3])/, lengths: [13, 14, 15, 16, 17, 18, 19] },
]

// The decimals of a number are not the beginning of one.
const digitGroups = /(?<!\d|\d\.)\d+(?:[\s\p{Pd}]{1,3}\d+)*/gu
// No card is written in groups of 8, 4, 4, 4 and 12; the groups of a UUID look like one now and then.
const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

const SHORTEST = 13

/** Most texts have too few digits. What only looks like a digit once it is normalized is not ASCII. */
function mayHoldOne(text: string): boolean {
  if (text.length < SHORTEST) return false
  let digits = 0
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code > 0x7f) return true
    if (code >= 0x30 && code <= 0x39) digits++
  }
  return digits >= SHORTEST
}

/** Whether a text holds a payment card's number, written in one piece or in groups. */
export function holdsCardNumber(text: string): boolean {
  if (!mayHoldOne(text)) return false
  for (const [run] of text.normalize('NFKC').replace(uuids, ' ').matchAll(digitGroups)) {
    if (run.length >= SHORTEST && someGroupsAreACard(run.match(/\d+/g) ?? [])) return true
  }
  return false
}

function someGroupsAreACard(groups: readonly string[]): boolean {
  for (let first = 0; first < groups.length; first++) {
    let digits = ''
    for (let last = first; last < groups.length && digits.length < 19; last++) {
      digits += groups[last]
      if (digits.length >= SHORTEST && hasLuhnDigit(digits) && hasBrand(digits)) return true
    }
  }
  return false
}

const hasBrand = (digits: string): boolean =>
  brands.some(({ prefix, lengths }) => lengths.includes(digits.length) && prefix.test(digits))

function hasLuhnDigit(digits: string): boolean {
  let sum = 0
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48
    const doubled = digit * 2
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
