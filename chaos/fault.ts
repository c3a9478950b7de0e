import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import type { OpenStack } from '../stack/open-stack.ts'
import type { Database } from '../store/database.ts'
import type { Network } from './network.ts'
import type { Traffic } from './traffic/index.ts'

/** What a fault can lay hands on. Nothing here goes through the proxies that faults put between the parts. */
export type World = {
  running: OpenStack
  /** The proxies between the parts; undefined when the run goes without. */
  network: Network | undefined
  database: Database
  /** A folder of this run for whatever a fault must keep for a while. */
  folder: string
  /** The customers of this run; undefined when there are none. */
  traffic?: Traffic
}

export type Injected = {
  /** What exactly was done, for the time line: `kill -9 of postgres (process 4711)`. */
  what: string
  /** How long it lasts before it is healed. */
  holdMs: number
  /** Undoes it, and answers once it is undone. A fault that heals by itself answers when it has. */
  heal(): Promise<void>
}

export type Fault = {
  /** As `--faults` names it: `kill-postgres`. */
  name: string
  kind: 'process' | 'network' | 'storage' | 'gateway' | 'client' | 'clock' | 'deploy'
  /** What it may cost while it lasts, and what holds all the same: one sentence for the report. */
  expectation: string
  /** How often beside the others; 1 unless told. */
  weight?: number
  /** Why it cannot be had on this machine or in this run, asked once before the plan is made. */
  unavailable?(world: World): Promise<string | undefined>
  /** Answers once it is in force. All its choices come from the random numbers, so that a seed repeats them. */
  inject(world: World, random: RandomGenerator): Promise<Injected>
}
