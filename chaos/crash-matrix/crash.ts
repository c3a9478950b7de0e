import { randomUUID } from 'node:crypto'
import type { Customer } from '../../shopper/people.ts'
import type { Armed } from './armory.ts'
import { type Row, scenarioOf } from './rows.ts'
import type { Ending, Visit } from './visit.ts'
import type { MatrixShop } from './shop.ts'

export type RowResult = Pick<Row, 'id' | 'workflow' | 'step' | 'attempt' | 'moment' | 'scenario'> & {
  /** From the kill until the order is as it should be and its workflow has nothing left to do; null when that never was. */
  recoveryMs: number | null
  /** Rows with the same number died by one kill. */
  kill: number | null
  ending: string
  failure?: string
}

/** What a row has for itself. */
export type Place = { row: Row; customer: Customer; product: { id: string } }

export type Crashed = {
  result: RowResult
  /** All came to its right end without a kill at its step: one of another row's came in that moment and did its work. */
  isMissed: boolean
  /** A look at the same once more when all is quiet: what comes too late must not be missed. */
  lookAgain: () => Promise<string | undefined>
}

/** How long the first who reaches its step waits for the others of the same kill; a quick attempt may take five seconds. */
const HOLD_MS = 2_500
/** A step that was not reached this long after all was over is not on the way of its scenario. */
const NOT_REACHED_AFTER_MS = 10_000

/** Brings all rows just before their steps, then lets them go on into one kill and follows each to its end. */
export function crash(shop: MatrixShop, places: Place[]): { fired: Promise<void>; ended: Promise<Crashed[]> } {
  const gate = openGate(shop, places.length)
  const ended = places.map((place) => follow(shop, place, gate))
  const fired = ended.map(async (each, n) => {
    const { row } = places[n] as Place
    const isFired = async () => shop.armory.fired(row.id) !== undefined
    await Promise.race([shop.eventually(`the kill of ${row.id}`, isFired).catch(() => undefined), each])
  })
  return { fired: Promise.all(fired).then(() => undefined), ended: Promise.all(ended) }
}

type Gate = ReturnType<typeof openGate>

/** Opens for all once each row is ready or has failed before it was. */
function openGate({ armory }: MatrixShop, count: number) {
  const armed: Armed[] = []
  const opened = Promise.withResolvers<void>()
  let awaited = count
  const leave = () => {
    awaited--
    if (awaited > 0) return
    // Rows of an earlier kill that are not hit yet stay armed.
    armory.arm({ armed: [...armory.orders().armed, ...armed], holdMs: HOLD_MS })
    opened.resolve()
  }
  return {
    leave,
    async arm(row: Row, subjects: string[]): Promise<void> {
      armed.push({ id: row.id, ...row.place, subjects })
      leave()
      await opened.promise
    },
  }
}

async function follow(shop: MatrixShop, { row, customer, product }: Place, gate: Gate): Promise<Crashed> {
  const key = randomUUID()
  let isArmed = false
  const isFired = () => shop.armory.fired(row.id) !== undefined
  const visit: Visit = {
    name: `${row.id}-${key.slice(0, 8)}`,
    shop,
    customer,
    staff: shop.staff,
    product,
    key,
    async arm(...subjects) {
      isArmed = true
      await gate.arm(row, [...subjects, key])
    },
  }
  let ending: Ending | undefined
  let failure: string | undefined
  try {
    ending = await scenarioOf(row)(visit)
    // An effect may be seen by everyone while its process is still held just after it.
    await shop.eventually('the kill fired', async () => isFired(), NOT_REACHED_AFTER_MS).catch(() => undefined)
    if (ending) await comesTo(shop, product.id, ending)
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error)
  }
  if (!isArmed) gate.leave()
  const fired = shop.armory.fired(row.id)
  const isMissed = isArmed && !fired && failure === undefined
  if (!fired) failure ??= 'its step was not reached: the kill never fired'
  const { id, workflow, step, attempt, moment, scenario } = row
  return {
    result: {
      ...{ id, workflow, step, attempt, moment, scenario },
      recoveryMs: fired && failure === undefined ? Date.now() - fired.atMs : null,
      kill: fired?.pid ?? null,
      ending: ending ? inWords(ending) : 'as asked',
      ...(failure !== undefined && { failure }),
    },
    isMissed,
    lookAgain: async () => (ending ? difference(shop, product.id, ending) : undefined),
  }
}

const inWords = ({ status, paymentStatus, moves }: Ending): string =>
  `${status}, ${paymentStatus}; ${moves.length > 0 ? moves.join(', ') : 'no money moved'}`

async function comesTo(shop: MatrixShop, productId: string, ending: Ending): Promise<void> {
  let last: string | undefined
  await shop
    .eventually('the order is as it should be', async () => {
      last = await difference(shop, productId, ending)
      return last === undefined && (await shop.isAtRest(ending.orderId))
    })
    .catch((error: Error) => {
      throw new Error(`${ending.orderId}: ${last ?? 'its workflow has work left'}; ${error.message}`, { cause: error })
    })
}

/** How an order is not as it should be: its states, the gateway's ledger, its stock, and that it is the only one. */
async function difference(shop: MatrixShop, productId: string, ending: Ending): Promise<string | undefined> {
  const { rows } = await shop.database.query<Record<string, unknown>>(
    `select o.status, o.payment_status as "paymentStatus", s.on_hand as "onHand", s.reserved,
            (select count(*) from order_items i where i.product_id = $2) as orders,
            (select count(*) from idempotency_keys k where k.resource_id = o.id and k.route = 'POST /v1/orders') as keys
       from orders o join stock s on s.product_id = $2 where o.id = $1`,
    [ending.orderId, productId],
  )
  const { status, paymentStatus, moves, sold } = ending
  const wanted = { status, paymentStatus, onHand: 100 - sold, reserved: 0, orders: 1, keys: 1, moves: moves.join() }
  const found = { ...rows[0], moves: (await shop.movesOf(ending.orderId)).join() }
  const strangers = Object.entries(wanted).filter(([name, value]) => found[name as keyof typeof found] !== value)
  if (strangers.length === 0) return undefined
  return strangers
    .map(([name, value]) => `${name} is ${found[name as keyof typeof found]} instead of ${value}`)
    .join(', ')
}
