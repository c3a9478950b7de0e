import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common'

/** A failure as it is kept in a history. */
export type Failure = {
  message?: string
  cause?: Failure
  applicationFailureInfo?: { type?: string | null; nonRetryable?: boolean | null }
  [info: string]: unknown
}

export const retryState = { nonRetryable: 2, timeout: 3, mostAttempts: 4, cancelRequested: 7 } as const
const timeoutTypes = { startToClose: 1, scheduleToClose: 3 } as const

/** How an attempt at an activity ended. */
export type AttemptResult = { payload: object } | { failure: Failure }

export const completed = (value: unknown): AttemptResult => ({
  payload: defaultPayloadConverter.toPayload(value) ?? {},
})

export const failed = (error: unknown): AttemptResult => ({
  failure: defaultFailureConverter.errorToFailure(error, defaultPayloadConverter) as Failure,
})

export const timedOut = (kind: keyof typeof timeoutTypes, last?: Failure): Failure => ({
  message: `activity ${kind} timeout`,
  timeoutFailureInfo: { timeoutType: timeoutTypes[kind] },
  ...(last && { cause: last }),
})

export const cancelled = (): Failure => ({ message: '', canceledFailureInfo: {} })

/** The engine's own words around what ended an activity. */
export const activityFailure = (
  message: string,
  type: string,
  seq: number,
  state: number,
  cause: Failure,
): Failure => ({
  message,
  activityFailureInfo: { activityType: { name: type }, activityId: `${seq}`, retryState: state },
  cause,
})

export const isRetryable = ({ applicationFailureInfo }: Failure): boolean =>
  applicationFailureInfo?.nonRetryable !== true
