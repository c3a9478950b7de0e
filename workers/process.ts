/**
 * Runs a process of ours until it ends or is asked to, by the signal it is given. Whatever it cannot start with is one
 * sentence on the error output and exit code 1.
 */
export async function untilAskedToStop(main: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const asked = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => asked.abort())
  try {
    await main(asked.signal)
    process.exit(0)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
}
