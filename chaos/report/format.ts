const integers = new Intl.NumberFormat('en')

export const count = (value: number): string => integers.format(value)

/** `1 fault`, `200 faults`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** As people say it: `48 ms`, `3.2 s`, `20 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const rest = seconds % 60
  return `${Math.floor(seconds / 60)} min${rest > 0 ? ` ${rest} s` : ''}`
}

/** A moment of the run: `04:07`. */
export const moment = (ms: number): string =>
  [ms / 60_000, (ms / 1000) % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':')

export const percent = (share: number): string =>
  share > 0 && share < 0.001 ? '< 0.1 %' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
