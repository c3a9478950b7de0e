import { setTimeout as sleep } from 'node:timers/promises'
import type { ToxicType } from 'toxiproxy-node-client'
import type { Reached } from '../stack/open-stack.ts'
import { freePort } from '../stack/ports.ts'
import { startToxiproxy, type ToxiproxyOptions } from './programs/toxiproxy.ts'

/** `notices` is the gateway's way to the shop; `clients` the customers' way to it. Each other one is the shop's to that server. */
export type LinkName = Exclude<Reached, 'api'> | 'notices' | 'clients'

/** `upstream` is what is asked, `downstream` what is answered. */
export type Toxic = { type: ToxicType; stream: 'upstream' | 'downstream'; attributes: Record<string, number> }

export type Heal = () => Promise<void>

/** The way from one part to another. Faults on it add up, and each is healed by itself. */
export type Link = {
  /** Its connections are closed, and new ones refused. */
  cut(): Promise<Heal>
  /** Whatever passes through it is treated so; its connections as well as new ones. */
  impair(toxics: readonly Toxic[]): Promise<Heal>
}

export type Network = {
  /** For `openStack`: where a server is to be reached, so that the way there can be broken. */
  reach(server: Reached, url: string): Promise<string>
  /** The API's address for customers, by way of a proxy as well. */
  front(apiUrl: string): Promise<string>
  /** Undefined when nothing goes that way. */
  link(name: LinkName): Link | undefined
  close(): Promise<void>
}

/**
 * Proxies between the parts. Throws a StackProblem that says why when there can be none on this machine. It is to be closed
 * after the stack, which could not end its work otherwise.
 */
export async function openNetwork(options: ToxiproxyOptions): Promise<Network> {
  const links = new Map<LinkName, Way>()
  const lay = async (name: LinkName, url: string) => {
    const listen = `127.0.0.1:${await freePort()}`
    links.set(name, await openWay(options, { name, listen, upstream: hostAndPort(url) }))
    return movedTo(url, listen)
  }
  // Whether there can be any is known before anything else is started.
  await (await startToxiproxy(options)).close()
  return {
    reach: (server, url) => lay(server === 'api' ? 'notices' : server, url),
    front: (apiUrl) => lay('clients', apiUrl),
    link: (name) => links.get(name),
    close: async () => void (await Promise.all([...links.values()].map((link) => link.close()))),
  }
}

/**
 * A proxy takes no impairment away while it waits for somebody who does not read what he is sent, and lets nobody new through
 * either. After this long it is replaced, and its connections are closed.
 */
const STUCK_AFTER_MS = 5_000

type Way = Link & { close(): Promise<void> }

/** Each way has a server of its own, so that one that is stuck can be replaced alone. */
async function openWay(options: ToxiproxyOptions, place: Record<'name' | 'listen' | 'upstream', string>): Promise<Way> {
  // A cut that is healed while another lasts must not open the way again; and what changes the proxy takes turns.
  let [cuts, toxicNumber] = [0, 0]
  const open = async () => {
    const server = await startToxiproxy(options)
    const proxy = await server.api.createProxy({ ...place, enabled: cuts === 0 })
    return { server, proxy }
  }
  let way = await open()
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
  const update = () => way.proxy.update({ ...place, enabled: cuts === 0 })

  return {
    async cut() {
      if (++cuts === 1) await inTurn(update)
      return once(async () => {
        if (--cuts === 0) await inTurn(update)
      })
    },
    async impair(toxics) {
      const impaired = await inTurn(async () => {
        const added = toxics.map((toxic) =>
          way.proxy.addToxic({ ...toxic, name: `${toxic.type}-${toxicNumber++}`, toxicity: 1 }),
        )
        return { way, added: await Promise.all(added) }
      })
      return once(() =>
        inTurn(async () => {
          if (impaired.way !== way) return // it went with the proxy
          const removed = Promise.all(impaired.added.map((toxic) => toxic.remove())).then(() => true)
          if (await Promise.race([removed, sleep(STUCK_AFTER_MS, false)])) return
          removed.catch(() => undefined)
          await way.server.close()
          way = await open()
        }),
      )
    },
    close: () => way.server.close(),
  }
}

function once(work: () => Promise<void>): Heal {
  let done: Promise<void> | undefined
  return () => (done ??= work())
}

const defaultPorts: Record<string, string> = {
  'http:': '80',
  'postgres:': '5432',
  'postgresql:': '5432',
  'redis:': '6379',
}

/** Temporal's address is `host:port`, everything else's a URL. */
function hostAndPort(address: string): string {
  if (!address.includes('://')) return address
  const { protocol, hostname, port } = new URL(address)
  return `${hostname}:${port || defaultPorts[protocol]}`
}

function movedTo(address: string, listen: string): string {
  if (!address.includes('://')) return listen
  const moved = new URL(address)
  moved.host = listen
  return address.endsWith('/') ? moved.href : moved.href.replace(/\/$/, '')
}
