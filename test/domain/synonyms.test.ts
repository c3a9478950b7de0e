import { expect, test } from 'vitest'
import { parseSynonyms } from '../../domain/synonyms.ts'

const synonyms = parseSynonyms(`
# what people say
sofa, couch
hot water tank => water heater   # not the other way round
shop vac => wet dry vacuum, wet vac
`)

test('words that stand for one another are tried both ways, in whatever number', () => {
  expect(synonyms('leather sofas')).toEqual(['leather couch'])
  expect(synonyms('Couch')).toEqual(['sofa'])
})

test('a phrase is replaced as a whole, and an arrow only in its direction', () => {
  expect(synonyms('40 gal Hot-Water tank')).toEqual(['40 gal water heater'])
  expect(synonyms('40 gal hot water tanks')).toEqual(['40 gal water heater'])
  expect(synonyms('water heater')).toEqual([])
  expect(synonyms('shop vac filter')).toEqual(['wet dry vacuum filter', 'wet vac filter'])
})

test('what has no synonyms is asked as it is, and no question grows without end', () => {
  expect(synonyms('hammer')).toEqual([])
  expect(synonyms('sofa couch sofa couch sofa couch').length).toBeLessThanOrEqual(4)
})
