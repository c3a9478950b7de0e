import { closings, type Department, departments, type Kind, series } from './demo-catalogue.words.ts'

export type DemoProduct = {
  sku: string
  name: string
  description: string
  priceMinor: number
  currency: string
  category: string
  attributes: Record<string, string>
  onHand: number
}

const PRODUCTS_OF_A_KIND = 5
const LOWEST_MINOR = 4_99
const HIGHEST_MINOR = 999_00
const SOLD_OUT_EACH = 45

/** The shop's demo products: the same ones each time, so that a screenshot, a test and a reader's shop agree. */
export function demoCatalogue(): DemoProduct[] {
  return departments.flatMap((department, index) => productsOf(department, createDice(index + 1)))
}

function productsOf(department: Department, dice: Dice): DemoProduct[] {
  const products: DemoProduct[] = []
  for (const kind of department.kinds) {
    const names = dice.shuffled(series)
    const brands = dice.shuffled(department.brands)
    for (let n = 0; n < PRODUCTS_OF_A_KIND; n++) {
      const line = `${brands[n % brands.length]} ${names[n]}`
      products.push(product(department, kind, line, products.length + 1, dice))
    }
  }
  return products
}

function product(department: Department, kind: Kind, line: string, number: number, dice: Dice): DemoProduct {
  const material = dice.pick(kind.materials)
  const colour = dice.pick(department.colours)
  const size = dice.pick(kind.sizes)
  const onHand = dice.below(SOLD_OUT_EACH) === 0 ? 0 : 1 + dice.below(250)
  return {
    sku: `${department.code}-${initials(line)}-${String(number).padStart(3, '0')}`,
    name: `${line} ${kind.noun}, ${colour}`,
    description: `${kind.pitch} Made of ${material}. ${dice.pick(department.care)} ${dice.pick(closings)}`,
    priceMinor: price(kind, dice),
    currency: 'USD',
    category: `${department.category}/${kind.category}`,
    attributes: { brand: line.slice(0, line.lastIndexOf(' ')), colour, material, [kind.measure]: size },
    onHand,
  }
}

const initials = (line: string): string =>
  line
    .split(/[^A-Za-z]+/)
    .map((word) => word[0])
    .join('')
    .toUpperCase()

/** Cheap things are common and dear ones rare, so prices are drawn evenly by ratio rather than by difference. */
function price({ dollars: [low, high] }: Kind, dice: Dice): number {
  const dollars = Math.floor(low * (high / low) ** (dice.below(1_000) / 999))
  const minor = dollars * 100 + dice.pick([-1, -1, -1, -5, 50, 0])
  return Math.min(HIGHEST_MINOR, Math.max(LOWEST_MINOR, minor))
}

type Dice = ReturnType<typeof createDice>

/** Mulberry32: a small generator whose sequence depends on its seed alone. */
function createDice(seed: number) {
  let state = Math.imul(seed, 0x9e3779b1)

  function below(limit: number): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }

  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T

  function shuffled<T>(values: readonly T[]): T[] {
    const left = [...values]
    return values.map(() => left.splice(below(left.length), 1)[0] as T)
  }

  return { below, pick, shuffled }
}
