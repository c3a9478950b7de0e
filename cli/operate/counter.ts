import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, callTo } from '../../shopper/http.ts'
import { CannotRun, runningStack } from '../running-stack.ts'

/** The shop understood and said no; its words are for whoever asked. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

const TRIES = 4
const PAUSE_MS = 500

/** The shop as staff meet it: the administrator of a running stack, by way of the REST API. */
export type Counter = Awaited<ReturnType<typeof openCounter>>

export async function openCounter(dataDir: string) {
  const { api, admin, temporal } = runningStack(dataDir)
  const call = callTo(api)
  const { body: session } = await insist('POST', '/v1/auth/login', () =>
    call('POST', '/v1/auth/login', { body: { email: admin.email, password: admin.password } }),
  )
  const token = session.access_token as string

  /** Safe to repeat, also when an answer is lost: the key of a request stays the same. */
  function ask(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) {
    const key = randomUUID()
    return insist(method, path, () => call(method, path, { token, key, ...(body && { body }) }))
  }

  return {
    ask,
    // oxlint-disable-next-line typescript/no-explicit-any -- JSON of the API, printed as it comes
    read: async (path: string): Promise<any> => (await ask('GET', path)).body,
    /** Where the Web UI shows a workflow. */
    pageOf: (workflowId: string): string =>
      `${temporal.ui}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`,
  }

  async function insist(method: string, path: string, send: () => Promise<Answer>): Promise<Answer> {
    for (let left = TRIES - 1; ; left--) {
      const answer = await send().catch((error: Error) => error)
      const isUnknown = answer instanceof Error || answer.status >= 500
      if (!isUnknown && answer.status < 400) return answer
      if (isUnknown && left > 0) {
        await sleep(PAUSE_MS)
        continue
      }
      if (answer instanceof Error) throw new CannotRun(`The shop at ${api} does not answer: ${answer.message}`)
      throw new Refused(reasonOf(answer) ?? `${method} ${path} was answered ${answer.status}`)
    }
  }
}

function reasonOf({ body }: Answer): string | undefined {
  if (!body?.code) return undefined
  const fields = ((body.errors ?? []) as { path: string; message: string }[]).map(
    ({ path, message }) => `${path}: ${message}`,
  )
  return [`${body.code}: ${body.detail ?? body.title}`, ...fields].join('\n  ')
}
