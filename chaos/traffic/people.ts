import { setTimeout as sleep } from 'node:timers/promises'
import { inParallel, times } from '../../shopper/http.ts'
import { exchange, type RawAnswer, type Request } from './client.ts'

export type Person = {
  id: string
  /** One that is good for a while yet. */
  token(): Promise<string>
  /** The shop no longer takes it, whatever it said before: its clock may have been moved. */
  forgetToken(): void
}

type Account = { email: string; password: string }

/** Signs in again this long before the shop would end the token. */
const MARGIN_MS = 5 * 60_000
const BETWEEN_TRIES_MS = 300

/** Somebody with an account, who signs in again when the token gets old. */
export async function signIn(api: string, account: Account): Promise<Person> {
  let token = await newToken(api, account)
  let renewing: Promise<typeof token> | undefined
  const me = await untilHeard(api, { method: 'GET', path: '/v1/me', token: token.text }, 200)
  return {
    id: (me.body as { id: string }).id,
    async token() {
      if (Date.now() < token.goodUntil) return token.text
      renewing ??= newToken(api, account).finally(() => {
        renewing = undefined
      })
      token = await renewing
      return token.text
    },
    forgetToken() {
      token.goodUntil = 0
    },
  }
}

export async function register(api: string, seed: number, count: number): Promise<Person[]> {
  const password = 'correct horse battery'
  return inParallel(times(count, String), 4, async (name) => {
    const username = `shopper-${seed}-${name}`
    const account = { email: `${username}@example.com`, password }
    await untilHeard(api, { method: 'POST', path: '/v1/auth/register', body: { username, ...account } }, 201)
    return signIn(api, account)
  })
}

async function newToken(api: string, account: Account): Promise<{ text: string; goodUntil: number }> {
  const { body } = await untilHeard(api, { method: 'POST', path: '/v1/auth/login', body: account }, 200)
  const { access_token, expires_in } = body as { access_token: string; expires_in: number }
  return { text: access_token, goodUntil: Date.now() + expires_in * 1_000 - MARGIN_MS }
}

/** Repeats while the shop is away; any other answer than the wanted one is a mistake of ours. */
export async function untilHeard(api: string, what: Request, wanted: number, withinMs = 60_000): Promise<RawAnswer> {
  for (const deadline = Date.now() + withinMs; ; await sleep(BETWEEN_TRIES_MS)) {
    const answer = await exchange(new URL(what.path, api), what).catch((error: Error) => error)
    if (!(answer instanceof Error) && answer.status === wanted) return answer
    const isWorthRepeating = answer instanceof Error || answer.status >= 500
    if (isWorthRepeating && Date.now() < deadline) continue
    const words = answer instanceof Error ? answer.message : `${answer.status} ${JSON.stringify(answer.body)}`
    throw new Error(`${what.method} ${what.path} was not answered ${wanted}: ${words}`)
  }
}
