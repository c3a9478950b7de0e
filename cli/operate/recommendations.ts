import type { Command } from 'commander'
import { CannotRun } from '../running-stack.ts'
import { print, printJson, printTable, status, when } from './print.ts'
import type { Work } from './work.ts'

type Model = {
  id: string
  status: string
  is_served: boolean
  lines: number | null
  figures: { cases: number; model: { hit_rate: number }; popularity: { hit_rate: number } } | null
  created_at: string
}

export function recommendationCommands(program: Command, work: Work): void {
  const recommendations = program.command('recommendations').description('versions of what the shop has learnt')

  recommendations
    .command('list')
    .description('newest first, with hit-rate@10 beside popularity')
    .action(
      work(async (counter, { json }) => {
        const page = await counter.read('/v1/admin/recommendations')
        if (json) return printJson(page)
        printTable(
          ['version', 'status', 'lines', 'cases', 'hit-rate@10', 'popularity', 'trained'],
          page.data.map(({ id, status: word, is_served, lines, figures, created_at }: Model) => [
            id,
            `${status(word)}${is_served ? ', served' : ''}`,
            String(lines ?? ''),
            String(figures?.cases ?? ''),
            figures?.model.hit_rate.toFixed(4) ?? '',
            figures?.popularity.hit_rate.toFixed(4) ?? '',
            when(created_at),
          ]),
          'Nothing was trained yet.',
        )
      }),
    )

  recommendations
    .command('train')
    .description('train a version now; it is served if it does no worse than popularity')
    .action(
      work(async (counter, { json }) => {
        const { body } = await counter.ask('POST', '/v1/admin/recommendations/trainings')
        if (json) return printJson(body)
        print(`${body.model_id} is being trained: recommendations list shows it.`)
      }),
    )

  recommendations
    .command('rollback')
    .description('serve the version that was published before')
    .action(
      work(async (counter, { json }) => {
        const { data } = (await counter.read('/v1/admin/recommendations')) as { data: Model[] }
        const served = data.find(({ is_served }) => is_served)
        if (!served) throw new CannotRun('No version is served yet')
        const { body } = await counter.ask('POST', '/v1/admin/recommendations/rollback', { model_id: served.id })
        if (json) return printJson(body)
        print(`${body.served} is served instead of ${served.id}.`)
      }),
    )
}
