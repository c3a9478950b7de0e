/**
 * Runs a process of ours until it ends or is asked to. Whatever it cannot start with is one sentence on the error
 * output and exit code 1.
 */
export async function untilAskedToStop(main: (onStop: (stop: () => void) => void) => Promise<void>): Promise<void> {
  let isAsked = false
  let stop = () => {}
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (isAsked) return
      isAsked = true
      stop()
    })
  try {
    await main((whenAsked) => {
      stop = whenAsked
      if (isAsked) stop()
    })
    process.exit(0)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
}
