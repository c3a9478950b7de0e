import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundleWorkflows } from '../workers/bundle.ts'
import { projectFolder } from './checks.ts'

describe('a workflow can be replayed, because only decisions are inside', () => {
  let bundle: string

  beforeAll(async () => {
    bundle = await bundleWorkflows()
  }, 60_000)

  test('of our code, the bundle holds workflows/ and domain/ and nothing else', () => {
    const folders = new Set(ourSources(bundle).map((source) => source.split('/')[0]))
    expect([...folders].toSorted()).toEqual(['domain', 'workflows'])
  })

  test('it stays small enough to be loaded at each start of a worker', () => {
    expect(bundle.length).toBeLessThan(8_000_000)
  })
})

describe('the layers stand on each other in one direction', () => {
  const mayImport: Record<string, string[]> = {
    domain: ['domain'],
    store: ['store', 'domain'],
    gateways: ['gateways', 'domain'],
    activities: ['activities', 'store', 'gateways', 'domain'],
    workflows: ['workflows', 'activities', 'store', 'domain'],
    sandbox: ['sandbox'],
  }

  test.each(Object.entries(mayImport))('%s/ imports only from %j', (folder, allowed) => {
    const strangers = importsOf(folder).filter(({ target }) => !allowed.includes(target))
    expect(strangers).toEqual([])
  })

  test('only api/commands, its routes by type, and the entry points know Temporal', () => {
    const users = sourcesOf('api').filter((file) => /from '@temporalio\//.test(readFileSync(file, 'utf8')))
    const unexpected = users
      .filter((file) => !/api\/(commands\/|server\.ts|probes\.ts)/.test(file))
      .flatMap((file) => valueImports(file).filter((name) => name.startsWith('@temporalio/')))
    expect(unexpected).toEqual([])
  })
})

/** The files of ours that webpack put in: it names each module in a comment or a key of the bundle. */
function ourSources(code: string): string[] {
  const named = [...code.matchAll(/["'](?:webpack:\/\/[^"']*?)?\.\/((?:[\w-]+\/)+[\w.-]+\.ts)["']/g)]
  return [...new Set(named.map(([, path]) => path as string))].filter((path) => !path.startsWith('node_modules/'))
}

function sourcesOf(folder: string): string[] {
  return readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(projectFolder, folder, name))
}

function importsOf(folder: string): { file: string; target: string }[] {
  return sourcesOf(folder).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, specifier]) => {
      const path = new URL(specifier as string, `file://${file}`).pathname
      return { file: file.slice(projectFolder.length), target: path.slice(projectFolder.length).split('/')[0] ?? '' }
    }),
  )
}

const valueImports = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^import (?!type )[^;]*? from '([^']+)'/gm)].map(([, name]) => name as string)
