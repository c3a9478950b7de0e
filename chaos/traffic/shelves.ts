import { inParallel, times } from '../../shopper/http.ts'
import { untilHeard, type Person } from './people.ts'

/** What is for sale: plenty of most things, and of some so few that shoppers race for them. */
export type Shelves = { plenty: string[]; scarce: Scarce[] }
export type Scarce = { productId: string; units: number }

export type ShelvesPlan = { plenty: number; races: number; unitsOf: (race: number) => number }

/** Of each product of which there is plenty. */
export const openingUnits = 500_000

const things = ['lamp', 'notebook', 'kettle', 'scarf', 'backpack', 'speaker', 'mug', 'chair']
const colours = ['red', 'blue', 'green', 'black', 'ivory']

export async function fillShelves(api: string, staff: Person, plan: ShelvesPlan): Promise<Shelves> {
  const token = await staff.token()
  const put = async (sku: string, name: string, amount: number, onHand: number): Promise<string> => {
    const body = {
      sku,
      name,
      description: 'Sold while everything around it breaks.',
      price: { amount, currency: 'USD' },
      category: 'chaos',
      attributes: {},
      inventory: { on_hand: onHand },
    }
    const made = await untilHeard(api, { method: 'POST', path: '/v1/products', token, body }, 201)
    return (made.body as { id: string }).id
  }
  const plenty = await inParallel(times(plan.plenty, Number), 8, (n) =>
    put(
      `PLENTY-${n}`,
      `${colours[n % colours.length]} ${things[n % things.length]} ${n}`,
      5_00 + n * 1_37,
      openingUnits,
    ),
  )
  const scarce = await inParallel(times(plan.races, Number), 8, async (n) => {
    const units = plan.unitsOf(n)
    return { productId: await put(`RARE-${n}`, `rare ${things[n % things.length]} ${n}`, 49_99, units), units }
  })
  return { plenty, scarce }
}
