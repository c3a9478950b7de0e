import { setTimeout as sleep } from 'node:timers/promises'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import type { Fault, World } from '../fault.ts'
import { between } from '../random.ts'
import { exchange } from '../traffic/client.ts'

type Settings = {
  latency_ms?: { min: number; max: number }
  faults?: { error_before?: number; error_after?: number; silent_after?: number; seed?: number }
  webhook?: { drop?: number; duplicate?: number; delay_ms?: number; shuffle?: boolean }
}

type Trouble = {
  name: string
  expectation: string
  weight?: number
  draw: (random: RandomGenerator) => { what: string; settings: Settings; healthy: Settings }
}

/** So does the gateway behave without any settings. */
const wellBehaved = {
  latency_ms: { min: 0, max: 0 },
  faults: { error_before: 0, error_after: 0, silent_after: 0 },
  webhook: { drop: 0, duplicate: 0, delay_ms: 0, shuffle: false },
} satisfies Settings

const rate = (random: RandomGenerator, least: number, most: number) => between(random, least, most) / 100

const fails = (name: 'error_before' | 'error_after' | 'silent_after', words: string, expectation: string): Trouble => ({
  name: `gateway-${name.replace('_', '-')}`,
  expectation,
  weight: 1.5,
  draw(random) {
    const share = rate(random, 20, 60)
    const settings = { faults: { [name]: share, seed: between(random, 1, 1_000_000) } }
    return {
      what: `the gateway ${words}, ${Math.round(share * 100)} of 100 times`,
      settings,
      healthy: { faults: { [name]: 0 } },
    }
  },
})

const troubles: Trouble[] = [
  fails('error_before', 'answers 503 and does nothing', 'Requests are repeated under their key; nothing moves twice.'),
  fails('error_after', 'acts and answers 500', 'What it did is found by its key; nothing moves twice.'),
  fails(
    'silent_after',
    'acts and says nothing',
    'What it did is found by its key; a checkout may be answered 202 first.',
  ),
  {
    name: 'gateway-slow',
    expectation: 'Checkouts take longer or are answered 202; all of them are decided.',
    draw(random) {
      const latency = { min: between(random, 100, 1_000), max: between(random, 1_000, 6_000) }
      const what = `the gateway takes ${latency.min} to ${latency.max} ms`
      return { what, settings: { latency_ms: latency }, healthy: { latency_ms: wellBehaved.latency_ms } }
    },
  },
  {
    name: 'gateway-notices',
    expectation: 'Notices come twice, late, in any order, or get lost at first: each is acted on once.',
    draw(random) {
      const webhook = {
        drop: rate(random, 0, 60),
        duplicate: rate(random, 30, 100),
        delay_ms: between(random, 0, 4_000),
        shuffle: true,
      }
      const what = `notices lost ${webhook.drop * 100} %, doubled ${webhook.duplicate * 100} %, shuffled over ${webhook.delay_ms} ms`
      return { what, settings: { webhook }, healthy: { webhook: wellBehaved.webhook } }
    },
  },
]

export const gatewayFaults: Fault[] = troubles.map(({ name, expectation, weight, draw }) => ({
  name,
  kind: 'gateway',
  expectation,
  ...(weight !== undefined && { weight }),
  async inject(world, random) {
    const { what, settings, healthy } = draw(random)
    const holdMs = between(random, 1_500, 5_000)
    await set(world, settings)
    return { what: `${what}, for ${holdMs} ms`, holdMs, heal: () => set(world, healthy) }
  },
}))

const WITHIN_MS = 30_000

/** The gateway may be down or frozen by another fault; its owner gets through as soon as it is there. */
async function set({ running }: World, settings: Settings): Promise<void> {
  const url = new URL('/v1/settings', running.stack.gateway)
  for (const deadline = Date.now() + WITHIN_MS; ; await sleep(100)) {
    const answer = await exchange(url, { method: 'PATCH', path: url.pathname, body: settings }).catch(
      (error: Error) => error,
    )
    if (!(answer instanceof Error) && answer.status === 200) return
    if (Date.now() > deadline)
      throw new Error(
        `the gateway did not take its settings: ${answer instanceof Error ? answer.message : answer.status}`,
      )
  }
}
