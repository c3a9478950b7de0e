import type { Saboteur } from './saboteur.ts'

/** Bugs in what customers send back. */
export const returnSaboteurs: readonly Saboteur[] = [
  {
    name: 'sent-back-twice',
    bug: 'Nobody looks how many units are on their way back already before more are let come.',
    edits: [
      {
        file: 'domain/return.ts',
        find: '    const left = line.quantity - line.refundedUnits',
        replace: '    const left = line.quantity',
      },
      {
        file: 'store/migrations/000009_returns.sql',
        find: 'check (0 <= returned and returned <= quantity);',
        replace: 'check (0 <= returned);',
      },
    ],
    caughtBy: 'chaos',
    // Of all orders paid, three in a hundred are sent back twice: half a minute of a busy machine may have none.
    args: ['--minutes', '1', '--fault-count', '0'],
    expects: ['returned_is_what_returns_claim', 'returns_are_as_answered'],
    alsoRemoves: 'the constraint on returned units, which refuses the statement',
  },
  {
    name: 'denied-and-still-claimed',
    bug: 'A return that comes to nothing keeps its claim to the units.',
    edits: [
      {
        file: 'store/returns/decide.ts',
        find: 'update reservations v set returned = v.returned - l.missing',
        replace: 'update reservations v set returned = v.returned',
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '0.5', '--fault-count', '0'],
    expects: ['returned_is_what_returns_claim'],
  },
]
