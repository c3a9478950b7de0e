import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { ApplicationFailure } from '@temporalio/common'
import { GatewayRefused } from '../gateways/payment/port.ts'
import { GatewayUnavailable } from '../gateways/unavailable.ts'
import { Problem, problems } from '../domain/problems.ts'

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
      type: 'GatewayRefused',
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
