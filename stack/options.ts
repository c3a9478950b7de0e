import { resolve } from 'node:path'
import { Command, InvalidArgumentError, type OptionValues } from 'commander'
import { StackProblem } from './failure.ts'

export type StartOptions = {
  port: number
  dataDir: string
  demo: boolean
  fresh: boolean
  detach: boolean
  apiProcesses: number | undefined
  workers: number | undefined
}

/** As commander hands them over, under the names a person types. */
type AsTyped = {
  port: number
  data: string
  demo: boolean
  fresh: boolean
  detach: boolean
  api?: number
  workers?: number
}

/** Reads what stands behind `npm start --`. */
export function readStartOptions(args: string[], projectFolder = process.cwd()): StartOptions {
  const command = quiet(new Command('npm start --'))
    .description('Starts the whole shop on this machine: every server, the API and the workers.')
    .option('--port <number>', 'where the API listens', wholeNumber(1, 65_535), 8080)
    .option('--data <folder>', 'where the state is kept', '.holdfast')
    .option('--no-demo', 'without the demo order and the demo catalogue')
    .option('--fresh', 'drop the state first', false)
    .option('--detach', 'return once the shop is ready; npm run stop ends it', false)
    .option('--api <number>', 'API processes behind the one port', wholeNumber(1, 64))
    .option('--workers <number>', 'worker processes', wholeNumber(1, 64))
  const options = parse<AsTyped>(command, args)
  return {
    port: options.port,
    dataDir: resolve(projectFolder, options.data),
    demo: options.demo,
    fresh: options.fresh,
    detach: options.detach,
    apiProcesses: options.api,
    workers: options.workers,
  }
}

export function readStopOptions(args: string[], projectFolder = process.cwd()): { dataDir: string } {
  const command = quiet(new Command('npm run stop --'))
    .description('Stops the shop that npm start brought up.')
    .option('--data <folder>', 'the state folder it was started with', '.holdfast')
  return { dataDir: resolve(projectFolder, parse<Pick<AsTyped, 'data'>>(command, args).data) }
}

function parse<Options extends OptionValues>(command: Command, args: string[]): Options {
  try {
    return command.allowExcessArguments(false).parse(args, { from: 'user' }).opts<Options>()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === 'commander.helpDisplayed') process.exit(0)
    throw new StackProblem(message.replace(/^error: /, ''), { advice: `See ${command.name()} --help` })
  }
}

const quiet = (command: Command) => command.exitOverride().configureOutput({ outputError: () => undefined })

const wholeNumber = (lowest: number, highest: number) => (text: string) => {
  const number = Number(text)
  if (Number.isInteger(number) && number >= lowest && number <= highest) return number
  throw new InvalidArgumentError(`It must be a whole number from ${lowest} to ${highest}.`)
}
