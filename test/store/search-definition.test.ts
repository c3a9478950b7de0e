import { expect, test } from 'vitest'
import { fingerprint, GENERATION } from '../../store/search/definition.ts'

test('a changed definition of the index comes with a higher generation, so that older processes leave it alone', () => {
  expect({ [GENERATION]: fingerprint }).toEqual({ 4: 'b8ec17ed' })
})
