import { beforeEach, expect, test, vi } from 'vitest'
import { createMoments, type Moments } from '../../store/moments.ts'

let moments: Moments
let state: { left: number }
let readings: number
beforeEach(() => {
  moments = createMoments()
  state = { left: 0 }
  readings = 0
})

const options = { name: 'left', forMs: 60_000, most: 10, isByProduct: true }
const read = async () => {
  readings++
  return { ...state }
}

test('what was read a moment ago is not read again', async () => {
  const left = moments.of(read, options)
  for (let n = 0; n < 5; n++) expect(await left('lamp')).toEqual({ left: 0 })
  expect(readings).toBe(1)
  expect(moments.counts.left).toEqual({ moment: 4, none: 1 })
})

test('after its moment it is read anew, whatever was announced', async () => {
  const left = moments.of(read, { ...options, forMs: 1 })
  await left('lamp')
  state = { left: 7 }
  await vi.waitFor(async () => expect(await left('lamp')).toEqual({ left: 7 }))
})

test('whoever restocks sees it at once, although a reading of the empty shelf was under way', async () => {
  let goOn = () => {}
  const slow = moments.of(async () => {
    const found = await read()
    if (readings === 1) await new Promise<void>((resolve) => (goOn = resolve))
    return found
  }, options)
  const before = slow('lamp')
  await vi.waitFor(() => expect(readings).toBe(1))
  state = { left: 3 }
  moments.forget(['lamp'])
  goOn()
  expect(await before, 'asked before').toEqual({ left: 0 })
  expect(await slow('lamp'), 'asked afterwards').toEqual({ left: 3 })
})

test('only an empty shelf is remembered where units may go', async () => {
  const soldOut = moments.of(read, { ...options, isKept: ({ left }) => left <= 0 })
  state = { left: 1 }
  await soldOut('lamp')
  state = { left: 0 }
  expect(await soldOut('lamp')).toEqual({ left: 0 })
  state = { left: 1 }
  expect(await soldOut('lamp')).toEqual({ left: 0 })
})

test('a change of one product leaves what is known of the others, but no page of many', async () => {
  const product = moments.of(read, options)
  const page = moments.of(read, { ...options, name: 'page', isByProduct: false })
  await Promise.all([product('lamp'), product('rug'), page('all')])
  moments.forget(['lamp'])
  await Promise.all([product('rug'), page('all')])
  expect([moments.counts.left?.moment, moments.counts.page?.moment]).toEqual([1, 0])
})
