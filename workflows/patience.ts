type Step = {
  /** After the wait began. */
  afterMs: number
  /** What happens then, in an operator's words. */
  summary: string
  /** Without it, the wait is over. */
  take?: () => Promise<void>
}

type Next<Heard> = (withinMs?: number, summary?: string) => Promise<Heard | undefined>

/**
 * A wait for somebody that loses patience step by step: it reminds, then calls a person. Each call waits for what comes
 * next; nothing is answered when the last step ended the wait.
 */
export function patience([...steps]: Step[]): <Heard>(next: Next<Heard>) => Promise<Heard | undefined> {
  const beganAt = Date.now()
  return async (next) => {
    for (;;) {
      const [step] = steps
      const heard = await next(step && step.afterMs - (Date.now() - beganAt), step?.summary)
      if (heard !== undefined || !step?.take) return heard
      steps.shift()
      await step.take()
    }
  }
}
