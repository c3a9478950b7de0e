import { InvalidArgumentError, Option } from 'commander'
import { openCounter, type Counter } from './counter.ts'

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

export const limit = () => new Option('--limit <n>', 'how many, 100 at most').default(20).argParser(wholeNumber(1, 100))

export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    return value
  }
