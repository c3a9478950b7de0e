import { type Logger, pino } from 'pino'

const secrets = ['authorization', 'password', 'token', 'access_token', 'refresh_token', 'email']

/** One JSON line an event. Secrets are struck out wherever they might slip into one. No request waits for its line. */
export const createLogger = (level: string): Logger =>
  pino(
    {
      level,
      base: undefined,
      // A database error quotes the row it refused, names and addresses included: only what tells of the fault is kept.
      serializers: { err: faultOf, error: faultOf },
      redact: secrets.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ sync: false }),
  )

function faultOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack } = error
  const code = 'code' in error ? error.code : undefined
  return { name, message, code, stack, ...(error.cause !== undefined && { cause: faultOf(error.cause) }) }
}
