import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import type { Fault, Injected, World } from '../fault.ts'
import type { Heal, Link, LinkName, Toxic } from '../network.ts'
import { between, pick } from '../random.ts'

type Way = {
  name: LinkName
  /** `the shop and PostgreSQL` */
  between: string
  /** What a break of it costs, and what holds all the same. */
  broken: string
  weight: number
}

const ways: Way[] = [
  {
    name: 'postgres',
    between: 'the shop and PostgreSQL',
    broken: 'Everything waits or is 503; a repeat under the same key never buys twice, and nothing answered is lost.',
    weight: 1,
  },
  {
    name: 'temporal',
    between: 'the shop and Temporal',
    broken: 'New checkouts are 503 with nothing half done, reading goes on, and open orders go on afterwards.',
    weight: 1,
  },
  {
    name: 'gateway',
    between: 'the shop and the payment gateway',
    broken:
      'Checkouts are 202 and go on by themselves; what was charged unheard is found by its key, never charged again.',
    weight: 1,
  },
  {
    name: 'clients',
    between: 'the customers and the shop',
    broken: 'Answers are lost; a repeat under the same key hears what the first request did.',
    weight: 1,
  },
  {
    name: 'notices',
    between: 'the gateway and the shop',
    broken: 'No customer notices: orders ask the gateway, and notices come later, each acted on once.',
    weight: 0.5,
  },
  {
    name: 'redis',
    between: 'the shop and Redis',
    broken: 'No customer notices: events wait in PostgreSQL and are sent afterwards.',
    weight: 0.5,
  },
  {
    name: 'opensearch',
    between: 'the shop and OpenSearch',
    broken: 'Search is answered by PostgreSQL; orders do not notice.',
    weight: 0.5,
  },
]

type Kind = {
  name: string
  how: string
  /** What the break is to this link, when it is not a whole break. */
  milder?: string
  weight: number
  apply(link: Link, random: RandomGenerator): Promise<{ how: string; heal: Heal }>
  holdMs: readonly [number, number]
}

const kinds: Kind[] = [
  {
    name: 'cut',
    how: 'Closed and refused connections',
    weight: 1,
    holdMs: [500, 5_000],
    apply: async (link) => ({ how: 'cut', heal: await link.cut() }),
  },
  {
    name: 'hang',
    how: 'Half-open connections, on which questions, answers or both get lost',
    weight: 1,
    holdMs: [1_500, 9_000],
    async apply(link, random) {
      const lost = pick(random, [['upstream'], ['downstream'], ['upstream', 'downstream']] as const)
      const heal = await link.impair(lost.map((stream) => ({ type: 'timeout', stream, attributes: { timeout: 0 } })))
      return { how: `open, but what is ${lost.map((stream) => participles[stream]).join(' or ')} gets lost`, heal }
    },
  },
  {
    name: 'slow',
    how: 'Slow answers',
    milder: 'Everything that goes this way takes longer; what takes too long is as if it were lost.',
    weight: 0.7,
    holdMs: [3_000, 8_000],
    async apply(link, random) {
      const latency = between(random, 300, 1_500)
      const jitter = Math.round(latency / 3)
      const heal = await link.impair([{ type: 'latency', stream: 'downstream', attributes: { latency, jitter } }])
      return { how: `slow by ${latency} ± ${jitter} ms`, heal }
    },
  },
  {
    name: 'reset',
    how: 'Connections reset as soon as they are used',
    weight: 0.7,
    holdMs: [500, 4_000],
    async apply(link, random) {
      const timeout = pick(random, [0, 0, 50, 500])
      const heal = await link.impair([{ type: 'reset_peer', stream: 'downstream', attributes: { timeout } }])
      return { how: `reset ${timeout} ms after the first answer`, heal }
    },
  },
  {
    name: 'trickle',
    how: 'A few kilobytes a second, in small pieces',
    milder: 'Everything that goes this way takes longer; what takes too long is as if it were lost.',
    weight: 0.4,
    holdMs: [3_000, 8_000],
    async apply(link, random) {
      const rate = between(random, 2, 20)
      const heal = await link.impair(
        (['upstream', 'downstream'] as const).flatMap((stream): Toxic[] => [
          { type: 'slicer', stream, attributes: { average_size: 64, size_variation: 32, delay: 200 } },
          { type: 'bandwidth', stream, attributes: { rate } },
        ]),
      )
      return { how: `narrowed to ${rate} KB/s each way`, heal }
    },
  },
]

const participles = { upstream: 'asked', downstream: 'answered' }

const onLink = (kind: Kind, way: Way): Fault => ({
  name: `${kind.name}-${way.name}`,
  kind: 'network',
  expectation: `${kind.how} between ${way.between}: ${lowerFirst(kind.milder ?? way.broken)}`,
  weight: kind.weight * way.weight,
  unavailable: async (world) => whyNot(world, way),
  async inject(world, random): Promise<Injected> {
    const { how, heal } = await kind.apply(linkOf(world, way.name), random)
    const holdMs = between(random, ...kind.holdMs)
    return { what: `the way between ${way.between} is ${how}, for ${holdMs} ms`, holdMs, heal }
  },
})

/** All ways out of the shop at once, as when a machine loses its network while its customers still reach it. */
const island: Fault = {
  name: 'island',
  kind: 'network',
  expectation:
    'The shop reaches none of its servers: everything is 503 or waits, and goes on when it reaches them again.',
  weight: 0.5,
  unavailable: async (world) => whyNot(world, ways[0] as Way),
  async inject(world, random) {
    const isSilent = pick(random, [true, false])
    const holdMs = between(random, 1_500, 6_000)
    const reached = ways.flatMap(({ name }) => (name === 'clients' ? [] : (world.network?.link(name) ?? [])))
    const silence: Toxic[] = [{ type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } }]
    const heals = await Promise.all(reached.map((link) => (isSilent ? link.impair(silence) : link.cut())))
    return {
      what: `the shop reaches none of its servers (${isSilent ? 'no answers' : 'connections refused'}), for ${holdMs} ms`,
      holdMs,
      heal: async () => void (await Promise.all(heals.map((heal) => heal()))),
    }
  },
}

function whyNot({ network }: World, way: Way): string | undefined {
  if (!network) return 'there is no toxiproxy in this run'
  return network.link(way.name) ? undefined : `no proxy lies between ${way.between}`
}

function linkOf(world: World, name: LinkName): Link {
  const link = world.network?.link(name)
  if (!link) throw new Error(`no proxy lies on the way to ${name}`)
  return link
}

const lowerFirst = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1)

export const networkFaults: Fault[] = [...kinds.flatMap((kind) => ways.map((way) => onLink(kind, way))), island]
