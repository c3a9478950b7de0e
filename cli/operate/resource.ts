import { type Command, Option } from 'commander'
import type { Counter } from './counter.ts'
import { attention, type Branch, print, printJson, printTable, status, treeLines, when } from './print.ts'
import { hintAtMore, limit, type Work } from './work.ts'

type Listed = { id: string; status: string; created_at: string; needs_attention?: string }

type List<Item> = {
  statuses: string
  /** One more thing to narrow it by: its option, and the parameter of the API. */
  by?: { flags: string; what: string; parameter: string }
  columns: Record<string, (item: Item) => string>
  /** Of the time at which it was made. */
  made: string
}

type Show<Seen> = {
  what: string
  look?: (counter: Counter, id: string) => Promise<Seen>
  draw: (seen: Seen, counter: Counter) => Branch
}

type Act<Answer> = {
  name: string
  what: string
  path?: string
  // oxlint-disable-next-line typescript/no-explicit-any -- the options of a command, as commander hands them over
  said?: (options: any, counter: Counter, id: string) => object | undefined | Promise<object>
  tell: (answer: Answer) => string
}

/** The commands about one resource of the API: `list`, `show`, and what is done to it. */
export function resourceCommands<Item extends Listed>(
  program: Command,
  work: Work,
  { name: plural, noun, what: description }: { name: string; noun: string; what: string },
) {
  const commands = program.command(plural).description(description)
  const path = `/v1/${plural}`

  return {
    list({ statuses, by, columns, made }: List<Item>): void {
      const command = commands.command('list').description('newest first').option('--status <status>', statuses)
      const narrow = by && new Option(by.flags, by.what)
      if (narrow) command.addOption(narrow)
      command
        .option('--needs-attention', 'only those that wait for a person')
        .addOption(limit())
        .action(
          work(async (counter, { limit: most, json, ...options }) => {
            const narrowed: unknown = narrow && options[narrow.attributeName()]
            const query = new URLSearchParams({
              limit: String(most),
              ...(options.status && { status: options.status }),
              ...(by && typeof narrowed === 'string' && { [by.parameter]: narrowed }),
              ...(options.needsAttention && { needs_attention: 'true' }),
            })
            const page = await counter.read(`${path}?${query}`)
            if (json) return printJson(page)
            printTable(
              [...Object.keys(columns), made, 'needs attention'],
              page.data.map((item: Item) => [
                ...Object.values(columns).map((column) => column(item)),
                when(item.created_at),
                attention(item.needs_attention),
              ]),
              `No such ${plural}.`,
            )
            hintAtMore(page, most)
          }),
        )
    },

    show<Seen = Item>({ what, look = (counter, id) => counter.read(`${path}/${id}`), draw }: Show<Seen>): void {
      commands
        .command(`show <${noun}>`)
        .description(what)
        .action(
          work(async (counter, { json }, id) => {
            const seen = await look(counter, id)
            if (json) return printJson(seen)
            for (const line of treeLines(draw(seen, counter))) print(line)
          }),
        )
    },

    /** Asks for something to be done; `said` is the body of the request. Answers the command, for options of its own. */
    act({ name, what, path: last = name, said = () => ({}), tell }: Act<Item>): Command {
      return commands
        .command(`${name} <${noun}>`)
        .description(what)
        .action(
          work(async (counter, options, id) => {
            const { body } = await counter.ask('POST', `${path}/${id}/${last}`, await said(options, counter, id))
            if (options.json) return printJson(body)
            print(`${body.id} is ${status(body.status)}${tell(body)}.`)
          }),
        )
    },
  }
}

/** The body of a request that may give a reason. */
export const reasoned = ({ reason }: { reason?: string }): object => (reason ? { reason } : {})

/** That somebody must look at it comes first. */
export const calls = (why: string | undefined): Branch[] =>
  why ? [{ text: `needs attention: ${attention(why)}` }] : []
