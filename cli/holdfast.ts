import { Command, CommanderError } from 'commander'
import { Refused } from './operate/counter.ts'
import { eventCommands } from './operate/events.ts'
import { orderCommands } from './operate/orders.ts'
import { recommendationCommands } from './operate/recommendations.ts'
import { refundCommands } from './operate/refunds.ts'
import { replenishmentCommands } from './operate/replenishments.ts'
import { returnCommands } from './operate/returns.ts'
import { workIn } from './operate/work.ts'
import { CannotRun } from './running-stack.ts'

const program = new Command('npm run holdfast --')
  .description('What operators do every day, in one command each. Exit 1: the shop refused. 2: it could not be asked.')
  .option('--data <dir>', 'state folder of a running stack', '.holdfast')
  .option('--json', "print the API's answer")
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
const work = workIn(() => program.opts())
orderCommands(program, work)
refundCommands(program, work)
returnCommands(program, work)
replenishmentCommands(program, work)
eventCommands(program, work)
recommendationCommands(program, work)

process.exitCode = await program
  .parseAsync(process.argv.slice(2), { from: 'user' })
  .then(() => 0)
  .catch((error: unknown) => {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof Refused || error instanceof CannotRun)) throw error
    process.stderr.write(`${error.message}${error instanceof CannotRun ? '.' : ''}\n`)
    return error instanceof Refused ? 1 : 2
  })
