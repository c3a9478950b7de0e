import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { Faults, Operation } from './faults.ts'
import { GatewayProblem } from './problem.ts'

export type Env = { Bindings: HttpBindings }

const longestSilenceMs = 30_000

/** Does one thing the way the settings say today: late, not at all, or done and denied. */
export async function answer(
  c: Context<Env>,
  faults: Faults,
  operation: Operation,
  orderId: string | undefined,
  act: () => Response | 'silence',
): Promise<Response> {
  const latencyMs = faults.latencyMs()
  if (latencyMs > 0) await sleep(latencyMs)

  const fault = faults.next(operation, orderId)
  if (fault === 'error_before') throw new GatewayProblem(503, 'gateway_down', 'Nothing was done. Try again.')
  const response = act()
  if (fault === 'error_after') throw new GatewayProblem(500, 'gateway_error', 'Something went wrong.')
  if (fault === 'silent_after' || response === 'silence') return silence(c)
  return response
}

/** Holds the connection without a word until the caller has had enough. */
export async function silence(c: Context<Env>): Promise<Response> {
  const { outgoing } = c.env
  const timer = setTimeout(() => outgoing.destroy(), longestSilenceMs)
  if (!outgoing.destroyed) await new Promise((resolve) => outgoing.once('close', resolve))
  clearTimeout(timer)
  return RESPONSE_ALREADY_SENT
}
