import { setTimeout as sleep } from 'node:timers/promises'
import type { StackFile } from '../../stack/open-stack.ts'
import { times } from '../../shopper/http.ts'
import { between, pick, randomOf } from '../random.ts'
import { createClient } from './client.ts'
import { createHistory, type History } from './history.ts'
import { type HeardWebhook, listenToWebhooks } from './listener.ts'
import { createMeter, type Meter } from './meter.ts'
import { type Person, register, signIn } from './people.ts'
import { fillShelves, type Shelves } from './shelves.ts'
import type { Market } from './insist.ts'
import { buyManyTimes, race, visit } from './shopper.ts'
import { engageSuppliers } from './suppliers.ts'

export type TrafficSettings = {
  seed: number
  /** How many visit at once. */
  shoppers: number
  /** Visits that begin in a second while all goes well. */
  perSecond: number
  /** How many races for scarce products there may be. */
  races: number
}

export type Traffic = {
  history: History
  meter: Meter
  webhooks: readonly HeardWebhook[]
  shelves: Shelves
  customers: Person[]
  staff: Person
  begun: () => number
  /** Visits go on until it says so; answers when the last shopper has gone home. */
  run(isEnough: () => boolean): Promise<void>
  /** So many more at once, as fast as they are served, for so long. */
  crowd(shoppers: number, forMs: number, seed: number): Promise<void>
  /** One checkout, sent so many times at once. */
  burst(copies: number, seed: number): Promise<void>
}

/** `api` is how customers reach it. */
type Place = Pick<StackFile, 'api' | 'gateway' | 'supplier' | 'admin'>

const CUSTOMERS = 32
const PLENTY = 40
const RACERS = 12
const VISITS_BETWEEN_RACES = 100
/** How long after the last visit began somebody still insists on an answer. */
const CLOSING_MS = 90_000

/** Opens accounts and fills the shelves; nobody has come yet. */
export async function openTraffic(
  { api, gateway, supplier, admin }: Place,
  settings: TrafficSettings,
): Promise<Traffic> {
  const { seed, shoppers, perSecond } = settings
  const staff = await signIn(api, admin)
  const [customers, shelves] = await Promise.all([
    register(api, seed, CUSTOMERS),
    fillShelves(api, staff, {
      plenty: PLENTY,
      races: settings.races,
      unitsOf: (n) => between(randomOf(seed, 'units', n), 1, 6),
    }),
  ])
  if (supplier !== undefined) await engageSuppliers({ api, supplier }, staff, shelves.plenty)
  const webhooks = await listenToWebhooks(api, staff)
  const history = createHistory()
  const meter = createMeter(history)
  const client = createClient(api, history, meter)
  let closesAt = Number.POSITIVE_INFINITY
  const market: Market = { client, history, customers, staff, shelves, gateway, isClosed: () => Date.now() > closesAt }
  let [visits, begun, races] = [0, 0, 0]

  /** Each visit's luck is its own, whoever of the shoppers makes it. */
  function oneVisit(): Promise<void> {
    const random = randomOf(seed, 'visit', visits++)
    begun++
    return visit(market, pick(random, customers), random)
  }

  async function oneRace(): Promise<void> {
    const scarce = shelves.scarce[races++]
    if (!scarce) return
    const random = randomOf(seed, 'race', races)
    const racers = times(RACERS, (n) => randomOf(seed, 'racer', races, n))
    begun += RACERS
    await Promise.all(racers.map((own) => race(market, pick(random, customers), scarce.productId, own)))
  }

  return {
    history,
    meter,
    webhooks,
    shelves,
    customers,
    staff,
    begun: () => begun,
    async run(isEnough) {
      const pace = paceOf(perSecond)
      const running = new Set<Promise<void>>()
      const comeAndGo = async () => {
        while (!isEnough()) {
          await pace()
          if (isEnough()) return
          if (visits % VISITS_BETWEEN_RACES === VISITS_BETWEEN_RACES / 2) {
            const racing = oneRace().finally(() => running.delete(racing))
            running.add(racing)
          }
          await oneVisit()
        }
        closesAt = Math.min(closesAt, Date.now() + CLOSING_MS)
      }
      await Promise.all(times(shoppers, comeAndGo))
      await Promise.all(running)
      client.close()
    },
    async burst(copies, burstSeed) {
      const random = randomOf(burstSeed, 'burst')
      begun++
      await buyManyTimes(market, pick(random, customers), random, copies)
    },
    async crowd(count, forMs, crowdSeed) {
      const until = Date.now() + forMs
      let place = 0
      const comeAndGo = async () => {
        while (Date.now() < until && !market.isClosed()) {
          const random = randomOf(crowdSeed, 'crowd', place++)
          begun++
          await visit(market, pick(random, customers), random)
        }
      }
      await Promise.all(times(count, comeAndGo))
    },
  }
}

/** Lets one through at a time, evenly; a pause of the shop is not made up for by a rush. */
function paceOf(perSecond: number): () => Promise<void> {
  let next = performance.now()
  return async () => {
    const now = performance.now()
    next = Math.max(next + 1_000 / perSecond, now)
    if (next > now) await sleep(next - now)
  }
}
