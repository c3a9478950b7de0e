import { expect, test } from 'vitest'
import { readStartOptions, readStopOptions } from '../../stack/options.ts'

test('a bare start listens on 8080, keeps its state in .holdfast and plays the demo order', () => {
  expect(readStartOptions([], '/shop')).toEqual({
    port: 8080,
    dataDir: '/shop/.holdfast',
    demo: true,
    fresh: false,
    detach: false,
    apiProcesses: undefined,
    workers: undefined,
  })
})

test('every option of the contract is understood', () => {
  const args = [
    '--port',
    '9000',
    '--data',
    '/var/shop',
    '--no-demo',
    '--fresh',
    '--api',
    '2',
    '--workers',
    '3',
    '--detach',
  ]
  expect(readStartOptions(args, '/shop')).toEqual({
    port: 9000,
    dataDir: '/var/shop',
    demo: false,
    fresh: true,
    detach: true,
    apiProcesses: 2,
    workers: 3,
  })
  expect(readStopOptions(['--data', 'other'], '/shop')).toEqual({ dataDir: '/shop/other' })
})

test.each([
  [['--port', 'web'], /--port.*whole number/],
  [['--port', '70000'], /--port.*whole number/],
  [['--workers', '0'], /--workers.*whole number/],
  [['--prot', '80'], /unknown option '--prot'/],
  [['fast'], /too many arguments/],
])('%j is refused in a sentence', (args, sentence) => {
  expect(() => readStartOptions(args)).toThrow(sentence)
})
