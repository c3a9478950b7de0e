import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { topics } from '../../domain/events.ts'
import { CannotRun } from '../running-stack.ts'
import type { Counter } from './counter.ts'
import { paint, print, printJson, printTable, when } from './print.ts'
import { limit, type Work } from './work.ts'

type Event = { id: string; sequence: number; type: string; aggregate_id: string; created_at: string; streamed: boolean }
type Filter = { topic?: string; about?: string; since?: string }

/** A sweep by the clock is never further than a minute. */
const SENT_WITHIN_MS = 90_000
const BETWEEN_LOOKS_MS = 500

const wanted = ({ topic, about, since }: Filter) => ({
  ...(topic && { topic }),
  ...(about && { aggregate_id: about }),
  ...(since && { since }),
})

export function eventCommands(program: Command, work: Work): void {
  const events = program.command('events').description('what the world was told, and telling the streams again')
  const filtered = (command: Command) =>
    command
      .addOption(new Option('--topic <topic>', 'one stream').choices([...topics]))
      .option('--about <id>', 'what they are about: an order, a product')
      .option('--since <time>', 'told then or later: 2026-11-25T06:00:00Z')

  filtered(events.command('list').description('from the books, newest first'))
    .addOption(limit())
    .action(
      work(async (counter, { limit: most, json, ...filter }) => {
        const query = new URLSearchParams({ limit: String(most), ...wanted(filter) })
        const page = await counter.read(`/v1/admin/events?${query}`)
        if (json) return printJson(page)
        printTable(
          ['place', 'told', 'event', 'in Redis'],
          page.data.map(({ sequence, created_at, id, streamed }: Event) => [
            String(sequence),
            when(created_at),
            id,
            streamed ? 'yes' : paint('yellow', 'not yet'),
          ]),
          'No such events.',
        )
      }),
    )

  filtered(
    events
      .command('replay')
      .description('give Redis what the books hold, for streams that have lost it; doubles have one id'),
  )
    .option('--from <event>', 'only what was told after this event: its id, or its place')
    .action(
      work(async (counter, { from, json, ...filter }) => {
        const after = from === undefined ? 0 : await placeOf(counter, from)
        const due = await makeDue(counter, { ...wanted(filter), after })
        const left = due === 0 ? 0 : await untilSent(counter, filter)
        if (json) printJson({ due, left })
        else print(`${due} events are given to Redis again${left ? `; it has not taken all of them yet` : ''}.`)
        if (left) throw new CannotRun('Redis does not take them now: they are sent when it is back')
      }),
    )
}

async function placeOf(counter: Counter, event: string): Promise<number> {
  if (/^\d+$/.test(event)) return Number(event)
  const about = event.split(':', 1)[0] as string
  for (let cursor = ''; ; ) {
    const query = new URLSearchParams({ limit: '100', aggregate_id: about, ...(cursor && { cursor }) })
    const page = await counter.read(`/v1/admin/events?${query}`)
    const found = (page.data as Event[]).find(({ id }) => id === event)
    if (found) return found.sequence
    if (!page.next_cursor) throw new CannotRun(`The books know of no event ${event}`)
    cursor = page.next_cursor
  }
}

async function makeDue(counter: Counter, replay: { after: number }): Promise<number> {
  let due = 0
  for (let after: number | null = replay.after; after !== null; ) {
    const { body } = await counter.ask('POST', '/v1/admin/events/replay', { ...replay, after })
    due += body.due
    after = body.next
  }
  return due
}

/** Looks until Redis has taken them; answers whether some are left. */
async function untilSent(counter: Counter, filter: Filter): Promise<number> {
  const query = new URLSearchParams({ limit: '1', streamed: 'false', ...wanted(filter) })
  for (const deadline = Date.now() + SENT_WITHIN_MS; ; await sleep(BETWEEN_LOOKS_MS)) {
    const { data } = await counter.read(`/v1/admin/events?${query}`)
    if (data.length === 0 || Date.now() > deadline) return data.length
  }
}
