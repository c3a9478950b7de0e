export type Say = (doing: string) => void

/** Where the words of a start go: a terminal, a test's array, a log. */
export type Report = {
  line(text: string): void
  /** Runs one step and prints it as one line with its time; a long one says every while what it is doing. */
  step(name: string, work: (say: Say) => Promise<string | undefined>): Promise<void>
}

type Screen = {
  onLine: (line: string) => void
  /** What is being done, told again and again while it lasts. */
  onStatus: (status: string) => void
}

const sayAgainAfterMs = 10_000

export function createReport({ onLine, onStatus }: Pick<Screen, 'onLine'> & Partial<Screen>): Report {
  const running = new Map<string, { doing: string; since: number }>()
  const drawStatus = () => onStatus?.([...running].map(([name, step]) => statusOf(name, step)).join('   '))

  return {
    line: onLine,
    async step(name, work) {
      const step = { doing: '', since: Date.now() }
      running.set(name, step)
      const timer = setInterval(drawStatus, 500)
      try {
        const outcome = await work((doing) => {
          step.doing = doing
          drawStatus()
        })
        if (outcome) onLine(`${outcome} (${elapsed(step.since)})`)
      } finally {
        clearInterval(timer)
        running.delete(name)
        drawStatus()
      }
    },
  }
}

const statusOf = (name: string, step: { doing: string; since: number }) =>
  `${name}${step.doing ? `: ${step.doing}` : ''} (${elapsed(step.since)})`

export function elapsed(sinceMs: number, nowMs = Date.now()): string {
  const seconds = (nowMs - sinceMs) / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** Draws the status as a live line on a terminal; anywhere else it is a plain line every while. */
export function screenOf(out: NodeJS.WriteStream): Screen {
  out.on('error', () => undefined) // a reader that went away (npm start | head) ends the words, not the stack
  if (!out.isTTY) {
    let saidAt = Date.now()
    const onLine = (line: string) => void out.write(`${line}\n`)
    const onStatus = (status: string) => {
      if (status === '' || Date.now() - saidAt < sayAgainAfterMs) return
      saidAt = Date.now()
      onLine(`… ${status}`)
    }
    return { onLine, onStatus }
  }
  let status = ''
  const draw = () => out.write(status ? `\r\x1b[2K  ${status.slice(0, (out.columns ?? 80) - 3)}` : '\r\x1b[2K')
  return {
    onLine: (line) => {
      out.write(`\r\x1b[2K${line}\n`)
      if (status) draw()
    },
    onStatus: (next) => {
      if (next === status) return
      status = next
      draw()
    },
  }
}
