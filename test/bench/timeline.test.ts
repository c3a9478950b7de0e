import { expect, test } from 'vitest'
import { timelineOf } from '../../bench/timeline.ts'

const span = (name: string, fromMs: number, toMs: number) => ({ name, fromMs, toMs })

test('a timeline tells what each request does, how long it takes, and how long nothing is asked before it', () => {
  const spans = {
    requests: [span('POST /v1/orders', 100, 150), span('GET /v1/me', 110, 111), span('POST /v1/orders', 200, 260)],
    steps: [
      span('claim', 101, 103),
      span('place', 120, 124),
      span('somebody else', 130, 131),
      span('claim', 201, 203),
      span('place', 222, 228),
      span('after the answer', 270, 280),
    ],
  }
  expect(timelineOf(spans, 'POST /v1/orders')).toEqual({
    count: 2,
    tookMs: 55,
    steps: [
      { name: 'claim', atMs: 1, waitedMs: 1, tookMs: 2 },
      { name: 'place', atMs: 21, waitedMs: 18, tookMs: 5 },
    ],
  })
})

test('what a request does twice is told twice', () => {
  const spans = { requests: [span('GET /', 0, 10)], steps: [span('look', 1, 2), span('look', 5, 7)] }
  expect(timelineOf(spans, 'GET /').steps.map(({ atMs }) => atMs)).toEqual([1, 5])
})
