import type { Proxy, ToxicType } from 'toxiproxy-node-client'
import type { Reached } from '../stack/open-stack.ts'
import { freePort } from '../stack/ports.ts'
import { startToxiproxy, type ToxiproxyOptions, type ToxiproxyServer } from './programs/toxiproxy.ts'

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
  const server = await startToxiproxy(options)
  const links = new Map<LinkName, Link>()
  const lay = async (name: LinkName, url: string) => {
    const listen = `127.0.0.1:${await freePort()}`
    const proxy = await server.api.createProxy({ name, listen, upstream: hostAndPort(url), enabled: true })
    links.set(name, linkThrough(server, proxy))
    return movedTo(url, listen)
  }
  return {
    reach: (server, url) => lay(server === 'api' ? 'notices' : server, url),
    front: (apiUrl) => lay('clients', apiUrl),
    link: (name) => links.get(name),
    close: () => server.close(),
  }
}

function linkThrough(server: ToxiproxyServer, { name, listen, upstream }: Proxy): Link {
  // A cut that is healed while another lasts must not open the way again; and what changes the proxy takes turns.
  let [cuts, toxicNumber] = [0, 0]
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: (proxy: Proxy) => Promise<T>): Promise<T> => {
    const done = turn.then(async () => work(await server.api.get(name)))
    turn = done.catch(() => undefined)
    return done
  }
  const open = (enabled: boolean) => (proxy: Proxy) => proxy.update({ enabled, listen, upstream })

  return {
    async cut() {
      if (++cuts === 1) await inTurn(open(false))
      return once(async () => {
        if (--cuts === 0) await inTurn(open(true))
      })
    },
    async impair(toxics) {
      const added = await inTurn((proxy) =>
        Promise.all(
          toxics.map((toxic) => proxy.addToxic({ ...toxic, name: `${toxic.type}-${toxicNumber++}`, toxicity: 1 })),
        ),
      )
      return once(async () => void (await inTurn(() => Promise.all(added.map((toxic) => toxic.remove())))))
    },
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
