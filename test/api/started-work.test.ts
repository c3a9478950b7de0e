import { expect, test } from 'vitest'
import { doneByBooks } from '../../api/commands/started-work.ts'
import { Problem } from '../../domain/problems.ts'

const tooEarly = () => Promise.reject(new Problem('invalid_transition', { detail: 'It is requested' }))

const books = ({ status, isDone = false }: { status: string; isDone?: boolean }) => ({
  look: async () => status,
  isDone: () => isDone,
  isOpen: () => true,
  isAwaited: (found: string) => found === 'approved',
  over: () => new Problem('invalid_transition'),
})

test('what our books await is not refused for good by a workflow that a crash has put behind them', async () => {
  await expect(doneByBooks(tooEarly(), books({ status: 'approved' }))).rejects.toMatchObject({ code: 'unavailable' })
})

test('what cannot be is refused in the words of the workflow', async () => {
  await expect(doneByBooks(tooEarly(), books({ status: 'requested' }))).rejects.toMatchObject({
    code: 'invalid_transition',
    details: { detail: 'It is requested' },
  })
})

test('what was done counts, whatever was heard of it', async () => {
  await expect(doneByBooks(tooEarly(), books({ status: 'approved', isDone: true }))).resolves.toBe('approved')
})
