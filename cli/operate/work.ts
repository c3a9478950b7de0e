import { InvalidArgumentError, Option } from 'commander'
import { openCounter, type Counter } from './counter.ts'
import { paint, print } from './print.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- the options of a command, as commander hands them over
type Options = any

type Act = (counter: Counter, options: Options, ...words: string[]) => Promise<unknown>

/** Wraps what a command does: the shop is there, its options and those of the program are known. */
export type Work = (act: Act) => (...given: unknown[]) => Promise<void>

export const workIn =
  (optionsOf: () => { data: string; json?: true }): Work =>
  (act) =>
  async (...given) => {
    // Commander hands over the words, the options of the command, and the command itself.
    const words = given.slice(0, -2) as string[]
    const options = { ...optionsOf(), ...(given.at(-2) as object) }
    await act(await openCounter(options.data), options, ...words)
  }

const MOST = 100

export const limit = () =>
  new Option('--limit <n>', `how many, ${MOST} at most`).default(20).argParser(wholeNumber(1, MOST))

/** A list that was cut off says so. */
export function hintAtMore({ next_cursor }: { next_cursor: string | null }, limited: number): void {
  if (next_cursor === null) return
  const remedy = limited < MOST ? `--limit ${Math.min(limited * 2, MOST)}` : 'narrow the search'
  print(paint('dim', `There are more: ${remedy}`))
}

export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    return value
  }
