/** As the contract has it. `ratio` is always value / floor; without a floor there is nothing to meet. */
export type Figure = {
  name: string
  value: number
  unit: string
  floor: number | null
  ratio: number | null
  goal: number | null
  met: boolean | null
}

/** Of a rate, more is better and the goal is the least ratio; of a time, memory or count less is, and it is the most. */
export const isHigherBetter = ({ unit }: Pick<Figure, 'unit'>): boolean => unit === '/s'

export function against(measured: { name: string; value: number; unit: string; floor: number; goal: number }): Figure {
  const { name, unit, goal } = measured
  const [value, floor] = [rounded(measured.value), rounded(measured.floor)]
  const ratio = rounded(measured.value / measured.floor)
  return { name, value, unit, floor, ratio, goal, met: isHigherBetter(measured) ? ratio >= goal : ratio <= goal }
}

export const plain = (name: string, value: number, unit: string): Figure => ({
  name,
  value: rounded(value),
  unit,
  floor: null,
  ratio: null,
  goal: null,
  met: null,
})

/** By how much it became better (above 0) or worse, as a share. Machines differ, so ratios are compared where there are any. */
export function changeSince(before: Figure | undefined, now: Figure): number | undefined {
  const [was, is] = before?.ratio != null && now.ratio != null ? [before.ratio, now.ratio] : [before?.value, now.value]
  if (was === undefined || was === 0 || is === 0) return undefined
  return isHigherBetter(now) ? is / was - 1 : was / is - 1
}

const rounded = (value: number): number => {
  if (!Number.isFinite(value)) throw new Error(`${value} is no figure`)
  return Number(value.toPrecision(4))
}
