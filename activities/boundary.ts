import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { ApplicationFailure } from '@temporalio/common'
import { GatewayRefused, GatewayUnavailable } from '../gateways/payment/port.ts'
import { Problem, problems } from '../domain/problems.ts'

/** The failure type by which a workflow knows that repeating is useless: the gateway said no. */
export const GATEWAY_REFUSED = 'GatewayRefused'

/** Where an activity's trouble becomes Temporal's: what is final is marked so, everything else is tried again. */
export const activityBoundary: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input)
      } catch (error) {
        throw asFailure(error)
      }
    },
  },
})

function asFailure(error: unknown): unknown {
  if (error instanceof GatewayRefused)
    return ApplicationFailure.create({
      type: GATEWAY_REFUSED,
      message: `The gateway refused: ${error.code}`,
      nonRetryable: true,
      details: [error.code],
    })
  if (error instanceof GatewayUnavailable)
    return ApplicationFailure.create({
      type: 'GatewayUnavailable',
      message: error.message,
      cause: error.cause as Error,
    })
  if (error instanceof Problem)
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !problems[error.code].retry,
    })
  return error
}
