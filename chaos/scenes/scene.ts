import type { OpenStack, OpenStackOptions } from '../../stack/open-stack.ts'
import type { Fault } from '../fault.ts'
import type { CheckRecord } from '../record.ts'

/** The shop in surroundings of their own; the ordinary traffic, faults and checks then run on it. */
export type Scene = {
  /** As `--scene` names it. */
  name: string
  /** What these surroundings may cost, and what holds all the same: one sentence for the report. */
  expectation: string
  /** Why it cannot be had on this machine. */
  unavailable?(): Promise<string | undefined>
  open(options: SceneOptions): Promise<OpenScene>
}

/** As for any stack; without the addresses of servers, which the scene brings. */
export type SceneOptions = OpenStackOptions & { environment: NodeJS.ProcessEnv }

export type OpenScene = {
  running: OpenStack
  /** What can only happen here; beside the faults that can happen anywhere. */
  faults: Fault[]
  /** Promises that only make sense here, looked at when all is quiet. */
  checks?(): Promise<CheckRecord[]>
  close(): Promise<void>
}
