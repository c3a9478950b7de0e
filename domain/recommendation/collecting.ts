import type { Histories } from './cases.ts'

/** Gives each name a number, in the order in which they come. */
export function numbering() {
  const numbers = new Map<string, number>()
  return {
    numberOf(name: string): number {
      let number = numbers.get(name)
      if (number === undefined) {
        number = numbers.size
        numbers.set(name, number)
      }
      return number
    },
    get size() {
      return numbers.size
    },
    names: (): string[] => [...numbers.keys()],
  }
}

/** A list of numbers that grows: by the million, without an object for each. */
export function growing<A extends Int32Array | Float64Array>(create: (length: number) => A) {
  let values = create(1 << 12)
  let length = 0
  return {
    push(value: number): void {
      if (length === values.length) {
        const larger = create(length * 2)
        larger.set(values)
        values = larger
      }
      values[length++] = value
    },
    get length() {
      return length
    },
    take: (): A => values.slice(0, length) as A,
  }
}

/** Takes in who took what and when, in any order. What one user took at one moment is one basket. */
export function collecting() {
  const users = numbering()
  const items = numbering()
  const owner = growing((length) => new Int32Array(length))
  const taken = growing((length) => new Int32Array(length))
  const moments = growing((length) => new Float64Array(length))
  return {
    add(user: string, item: string, moment: number): void {
      owner.push(users.numberOf(user))
      taken.push(items.numberOf(item))
      moments.push(moment)
    },
    get lines() {
      return owner.length
    },
    userNames: users.names,
    itemNames: items.names,
    histories: (): Histories =>
      inOrder({ owner: owner.take(), taken: taken.take(), moments: moments.take() }, users.size, items.size),
  }
}

type Lines = { owner: Int32Array; taken: Int32Array; moments: Float64Array }

function inOrder({ owner, taken, moments }: Lines, userCount: number, itemCount: number): Histories {
  const sorted = Uint32Array.from(owner.keys()).sort(
    (a, b) => (owner[a] as number) - (owner[b] as number) || (moments[a] as number) - (moments[b] as number) || a - b,
  )
  const offsets = growing((length) => new Int32Array(length))
  const items = growing((length) => new Int32Array(length))
  const users = new Int32Array(userCount + 1)
  const basket = new Set<number>()
  sorted.forEach((line, place) => {
    const before = sorted[place - 1]
    if (before === undefined || owner[before] !== owner[line] || moments[before] !== moments[line]) {
      basket.clear()
      offsets.push(items.length)
    }
    const item = taken[line] as number
    if (!basket.has(item)) items.push(item)
    basket.add(item)
    users[(owner[line] as number) + 1] = offsets.length
  })
  offsets.push(items.length)
  return { baskets: { itemCount, offsets: offsets.take(), items: items.take() }, users }
}
