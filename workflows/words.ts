type Words = { by?: string; reason?: string; carrier?: string; tracking_number?: string; action?: string }

const LONGEST = 500

/**
 * The words of a message we know, as far as they are words. A message may come from anyone's keyboard: what else is in
 * it must neither fail the workflow's task nor reach the database.
 */
export function read(message: unknown): Words {
  if (typeof message !== 'object' || message === null) return {}
  const words: Words = {}
  for (const name of ['by', 'reason', 'carrier', 'tracking_number', 'action'] as const) {
    const value: unknown = (message as Record<string, unknown>)[name]
    // PostgreSQL takes no NUL, and nobody wants the other control characters.
    const word =
      typeof value === 'string'
        ? value
            .replace(/\p{Cc}/gu, ' ')
            .trim()
            .slice(0, LONGEST)
        : ''
    if (word !== '') words[name] = word
  }
  return words
}
