import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A moment in a process of the shop, just before or just after an effect. */
export type Place = {
  /** `activity capturePayment`, `statement record-checkout`, `temporal start`; words of the text for a statement without a name. */
  step: string
  moment: 'before' | 'after'
  /** Of an activity: the attempt inside the workflow task, or the regular one after that came to nothing. */
  attempt?: 'quick' | 'steady'
}

/** Who is to be hit there: an idempotency key, an order, a product, a workflow. Nobody named means whoever comes first. */
export type Armed = Place & { id: string; subjects: string[] }

/** `holdMs` is how long the first who is hit waits for the others, so that one kill hits all of them. */
export type Orders = { armed: Armed[]; holdMs: number }

export type Fired = { pid: number; atMs: number }

/** What the processes are told and what they leave behind when they die: a folder, because only that survives a kill. */
export function openArmory(folder: string) {
  for (const name of ['held', 'fired', 'refused', 'aliases']) mkdirSync(join(folder, name), { recursive: true })
  const ordersFile = join(folder, 'orders.json')
  const at = (kind: 'held' | 'fired' | 'refused' | 'aliases', name: string) => join(folder, kind, name)
  let read: { orders: Orders; version: string } = { orders: { armed: [], holdMs: 0 }, version: '' }

  return {
    arm(orders: Orders): void {
      writeFileSync(`${ordersFile}.draft`, JSON.stringify(orders))
      renameSync(`${ordersFile}.draft`, ordersFile)
    },
    disarm(): void {
      this.arm({ armed: [], holdMs: 0 })
    },
    /** What is armed and has not fired. Read anew only when it was changed: every statement of the shop comes by here. */
    orders(): Orders {
      const stat = statSync(ordersFile, { bigint: true, throwIfNoEntry: false })
      if (!stat) return read.orders
      const version = `${stat.ino} ${stat.mtimeNs}`
      if (version !== read.version) read = { orders: JSON.parse(readFileSync(ordersFile, 'utf8')) as Orders, version }
      const { armed, holdMs } = read.orders
      return { armed: armed.filter(({ id }) => !existsSync(at('fired', id))), holdMs }
    },

    hold: (id: string): void => writeFileSync(at('held', id), ''),
    isHeld: (id: string): boolean => existsSync(at('held', id)),
    fire: (id: string, fired: Fired): void => writeFileSync(at('fired', id), JSON.stringify(fired)),
    fired: (id: string): Fired | undefined =>
      existsSync(at('fired', id)) ? (JSON.parse(readFileSync(at('fired', id), 'utf8')) as Fired) : undefined,

    /** Makes an effect of one order be refused for good, until it is allowed again. */
    refuse: (orderId: string, effect: string): void => writeFileSync(at('refused', `${orderId} ${effect}`), ''),
    allow: (orderId: string, effect: string): void => rmSync(at('refused', `${orderId} ${effect}`), { force: true }),
    isRefused: (orderId: string, effect: string): boolean => existsSync(at('refused', `${orderId} ${effect}`)),

    /** `name` is known by `other` as well: an order by the key it was asked for under, before anyone outside knows its id. */
    alias: (name: string, other: string): void => writeFileSync(at('aliases', fileNameOf(name)), other),
    aliasOf: (name: string): string | undefined =>
      existsSync(at('aliases', fileNameOf(name))) ? readFileSync(at('aliases', fileNameOf(name)), 'utf8') : undefined,
  }
}

/** The environment variable that tells the processes of a shop where their armory is. */
export const armoryVariable = 'CRASH_POINTS'

const fileNameOf = (name: string): string => encodeURIComponent(name).slice(0, 200)
