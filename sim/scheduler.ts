import { AsyncLocalStorage } from 'node:async_hooks'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** Worlds follow each other in virtual time: the maker of ids never goes back within one process. */
let nextEpochMs = Date.UTC(2026, 5, 1, 9)
const WORLD_MS = 90 * 24 * 60 * 60_000

/** A process of the shop that can be killed and frozen; what it was about to do goes with it. */
export type Process = { name: string; life: number; isUp: boolean; frozenUntilMs: number }

type Event = { atMs: number; order: number; label: string; process?: Process; life: number; run: () => unknown }

/**
 * The one source of order in a world: everything that happens is an event at a virtual time, and the seed decides how long
 * each takes. Nothing happens beside it, so a seed tells the same story every time.
 */
export class Scheduler {
  readonly #epochMs = nextEpochMs
  /**
   * Since the world began. What a world is like does not depend on when that is: on the calendar, fractions of a
   * millisecond would be rounded more coarsely the later it is, and events would change places.
   */
  nowMs = 0
  readonly #names = new Map<string, string>()
  readonly #heap: Event[] = []
  readonly #random: RandomGenerator
  readonly #processes = new AsyncLocalStorage<{ process: Process; life: number }>()
  readonly #tail: string[] = []
  readonly counts = new Map<string, number>()
  #order = 0
  #hash = 0x811c9dc5
  steps = 0

  constructor(seed: number) {
    nextEpochMs += WORLD_MS
    this.#random = xoroshiro128plus(seed)
  }

  /** Ids differ from process to process; the trace has names for them. */
  #named(line: string): string {
    return line.replace(/\b(?:ord|usr|prd|re|ret|rrc|po|rcp|sup|pi|le)_[0-9a-f-]{32,36}/g, (id) => {
      const name = this.#names.get(id) ?? `${id.slice(0, id.indexOf('_'))}#${this.#names.size + 1}`
      this.#names.set(id, name)
      return name
    })
  }

  /** What the clocks of the world show. */
  get dateMs(): number {
    return this.#epochMs + Math.floor(this.nowMs)
  }

  /** From 0 to 1, by the seed. */
  random = (): number => ((this.#random.next() >>> 0) + 0.5) / 0x1_0000_0000

  chance = (probability: number): boolean => probability > 0 && this.random() < probability

  between = (from: number, to: number): number => from + this.random() * (to - from)

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T
  }

  /** Mostly a moment, sometimes long, now and then very long: what makes events overtake each other. */
  latencyMs(): number {
    const kind = this.random()
    if (kind < 0.9) return this.between(0.05, 4)
    return kind < 0.99 ? this.between(4, 120) : this.between(120, 2_500)
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  /** Notes what happened, for the hash of the run and for whoever looks at a violation. */
  note(line: string): void {
    const text = `${this.nowMs.toFixed(3)} ${this.#named(line)}`
    for (let at = 0; at < text.length; at++) this.#hash = Math.imul(this.#hash ^ text.charCodeAt(at), 0x01000193)
    this.#tail.push(text)
    if (this.#tail.length > 200_000) this.#tail.splice(0, 100_000)
  }

  get trace(): readonly string[] {
    return this.#tail
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  /** Runs `body` as that process: when it dies, what `body` waits for never comes. */
  as<T>(process: Process, body: () => T): T {
    return this.#processes.run({ process, life: process.life }, body)
  }

  /** Runs `body` as nobody's: what it sets going is not that of the process which asks. */
  apart<T>(body: () => T): T {
    return this.#processes.exit(body)
  }

  after(delayMs: number, label: string, run: () => unknown, process?: Process): () => void {
    const event: Event = {
      atMs: this.nowMs + Math.max(delayMs, 0),
      order: this.#order++,
      label,
      ...(process && { process }),
      life: process?.life ?? 0,
      run,
    }
    push(this.#heap, event)
    return () => {
      event.run = noop
      event.label = ''
    }
  }

  /** As `after`, for the process that asks: it dies with it. */
  afterHere(delayMs: number, label: string, run: () => unknown): () => void {
    return this.forThis()(delayMs, label, run)
  }

  /** `afterHere` for later use: what is planned by it belongs to the process that runs now. */
  forThis(): Scheduler['afterHere'] {
    const here = this.#processes.getStore()
    return (delayMs, label, run) =>
      here && here.life !== here.process.life ? noop : this.after(delayMs, label, run, here?.process)
  }

  /** Whether the code that asks belongs to a process that is no more: it must not do anything. */
  get isDead(): boolean {
    const here = this.#processes.getStore()
    return here !== undefined && here.life !== here.process.life
  }

  get isInProcess(): boolean {
    return this.#processes.getStore() !== undefined
  }

  /** Waits for its turn. A dead process waits for ever. */
  pause(label: string, delayMs = this.latencyMs()): Promise<void> {
    return new Promise((resolve) => void this.afterHere(delayMs, label, resolve))
  }

  /** What comes next, for whoever wonders why there is no rest. */
  get next(): string {
    const event = this.#heap[0]
    return event ? `${event.label} in ${Math.round((event.atMs - this.nowMs) / 1_000)} s` : 'nothing'
  }

  kill(process: Process): void {
    process.life++
    process.isUp = false
  }

  /** Lets events happen until there are none left, or until one would come after `untilMs`. */
  async run(untilMs: number, mostSteps: number): Promise<'rest' | 'time' | 'steps'> {
    for (;;) {
      const event = this.#heap[0]
      if (!event) return 'rest'
      const { process } = event
      const isOver = event.label === '' || (process && process.life !== event.life)
      if (!isOver && event.atMs > untilMs) return 'time'
      if (this.steps >= mostSteps) return 'steps'
      pop(this.#heap)
      if (isOver) continue
      if (process && process.frozenUntilMs > event.atMs) {
        event.atMs = process.frozenUntilMs + this.random()
        push(this.#heap, event)
        continue
      }
      this.steps++
      // Work takes time, too: no two events happen at the same moment.
      this.nowMs = Math.max(this.nowMs, event.atMs) + 0.001 + this.random() * 0.05
      this.note(event.label)
      await event.run()
      await settled()
    }
  }
}

/** What a dead process waits for. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {})

const noop = (): void => {}

/** Everything that the last event set going has come to wait for an event again: only promises and ticks lie between. */
async function settled(): Promise<void> {
  await new Promise(setImmediate)
  await new Promise(setImmediate)
}

const isBefore = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(event, heap[parent] as Event)) break
    heap[at] = heap[parent] as Event
    at = parent
  }
  heap[at] = event
}

function pop(heap: Event[]): void {
  const last = heap.pop() as Event
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++
    if (!isBefore(heap[child] as Event, last)) break
    heap[at] = heap[child] as Event
    at = child
  }
  heap[at] = last
}
