import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process beside this one that does what it is asked, one thing at a time. */
export type HelperProcess<Task, Result> = { pid: number; ask(task: Task): Promise<Result>; end(): Promise<void> }

type Answer = { result: unknown } | { failure: string }

/** `settings` reach the process as its only argument. Load and floors each have one, so that none waits for another's work. */
export async function startHelper<Task, Result>(
  module: string,
  settings: object,
): Promise<HelperProcess<Task, Result>> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), [JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = new Promise<'ready'>((resolve) => child.once('message', () => resolve('ready')))
  if ((await Promise.race([ready, ended])) !== 'ready') throw new Error(`${module} ended before it was ready`)
  let turn: Promise<unknown> = Promise.resolve()

  const ask = async (task: Task): Promise<Result> => {
    const answered = new Promise<Answer>((resolve) => child.once('message', (message) => resolve(message as Answer)))
    child.send(task as object)
    const answer = await Promise.race([answered, ended.then(() => ({ failure: `${module} ended before it answered` }))])
    if ('failure' in answer) throw new Error(answer.failure)
    return answer.result as Result
  }
  return {
    pid: child.pid as number,
    ask(task) {
      const asked = turn.then(() => ask(task))
      turn = asked.catch(() => {})
      return asked
    },
    async end() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

export const settingsOfHelper = <Settings>(): Settings => JSON.parse(process.argv[2] as string) as Settings

/** For the helper's own main: answers each task, and ends when the one who asks is gone. */
export function answerTasks<Task>(work: (task: Task) => Promise<unknown>, close: () => Promise<void> = async () => {}) {
  process.on('message', (task) => {
    work(task as Task).then(
      (result) => process.send?.({ result } satisfies Answer),
      (error: unknown) => process.send?.({ failure: String(error) } satisfies Answer),
    )
  })
  process.once('disconnect', () => void close().finally(() => process.exit(0)))
  process.send?.('ready')
}
