import { expect, test } from 'vitest'
import { tableText, treeLines } from '../../cli/operate/print.ts'

const head = ['order', 'needs attention']
const rows = [
  [
    'ord_1',
    'give the money back: refused (The gateway refused: amount_exceeds_captured); signal resolve with retry or skip',
  ],
  ['ord_2', ''],
]

test('what an order waits for is read in full on a narrow terminal, below its own heading', () => {
  const lines = tableText(head, rows, 60).split('\n')
  expect(lines.length).toBeGreaterThan(3)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
  const column = lines[0]?.indexOf('needs') ?? 0
  expect(
    lines
      .slice(1)
      .map((line) => line.slice(column).trim())
      .join(' ')
      .trim(),
  ).toBe(rows[0]?.[1])
})

test('a program that reads the list gets one line for each', () => {
  expect(tableText(head, rows).split('\n')).toHaveLength(3)
})

test('what belongs under what is drawn as a tree', () => {
  const leaf = (text: string) => ({ text })
  expect(
    treeLines({ text: 'order', branches: [{ text: 'lines', branches: [leaf('a'), leaf('b')] }, leaf('end')] }),
  ).toEqual(['order', '├─ lines', '│  ├─ a', '│  └─ b', '└─ end'])
})
