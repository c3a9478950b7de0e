import { StackProblem } from '../failure.ts'
import { connected } from './temporal-namespace.ts'

/** The numbers of Temporal's API for the types a search attribute may have. */
const typeNumbers = { Text: 1, Keyword: 2, Int: 3, Double: 4, Bool: 5, Datetime: 6, KeywordList: 7 } as const

export type SearchAttributeType = keyof typeof typeNumbers
export type SearchAttributeTypes = Record<string, SearchAttributeType>

/** Adds what is missing. A workflow that sets an unregistered attribute would block, so this comes before any worker. */
export async function registerSearchAttributes(
  address: string,
  namespace: string,
  wanted: SearchAttributeTypes,
): Promise<void> {
  if (Object.keys(wanted).length === 0) return
  await connected(address, async ({ operatorService }) => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
    const { missing, mismatches } = compare(wanted, customAttributes ?? {})
    if (mismatches.length > 0) {
      throw new StackProblem(`Temporal at ${address} has search attributes of other types: ${mismatches.join('; ')}`, {
        advice:
          'Remove them there (temporal operator search-attribute remove --name NAME), use another namespace ' +
          '(TEMPORAL_NAMESPACE), or drop the local state with npm start -- --fresh.',
      })
    }
    if (Object.keys(missing).length > 0)
      await operatorService.addSearchAttributes({ namespace, searchAttributes: missing })
  })
}

export function compare(wanted: SearchAttributeTypes, existing: Record<string, number>) {
  const missing: Record<string, number> = {}
  const mismatches: string[] = []
  for (const [name, type] of Object.entries(wanted)) {
    const found = existing[name]
    if (found === undefined) missing[name] = typeNumbers[type]
    else if (found !== typeNumbers[type]) mismatches.push(`${name} is ${nameOf(found)} and must be ${type}`)
  }
  return { missing, mismatches }
}

const nameOf = (number: number) =>
  Object.entries(typeNumbers).find(([, known]) => known === number)?.[0] ?? `of type ${number}`
