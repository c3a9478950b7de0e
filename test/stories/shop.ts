import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { withoutComparisons } from '../../chaos/without-comparisons.ts'
import { report } from '../../cli/invariants-report.ts'
import { explain } from '../../stack/failure.ts'
import { withoutGivenServers } from '../../stack/given-servers.ts'
import { openStack, type OpenStackOptions } from '../../stack/open-stack.ts'
import { openDatabase } from '../../store/database.ts'
import { openSearchIndex } from '../../store/search-index.ts'
import { checkInvariants, type InvariantResult } from '../../store/invariants.ts'
import { callTo, inParallel, times } from '../../shopper/http.ts'
import { type Customer, customerOf, type Order } from '../../shopper/people.ts'
import { operatorOf } from './operator.ts'

// Real servers on a busy machine: every wait is for a condition, and only its time grows.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

export type Shop = Awaited<ReturnType<typeof openShop>>
export type LedgerEntry = { type: string; amount: number; order_id: string; idempotency_key: string | null }

/** Waits for something that the other side will do by itself. */
export const eventually = <T>(look: () => T | Promise<T>, timeout = 30_000): Promise<T> =>
  vi.waitFor(look, { timeout, interval: 50 })

/** A measured number of a story, for whoever reads the run. */
export const figure = (text: string): void => console.log(`  ${text}`)

/** The whole product as npm start runs it, on servers of its own, with what people and the test see of it. */
export async function openShop(options: Partial<OpenStackOptions> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-stories-'))
  const forget = () => rmSync(dataDir, { recursive: true, force: true })
  const environment = withoutGivenServers(process.env)
  // Stories put things in disorder themselves: nobody is to mend them unless a story asks for it.
  const env = { ...withoutComparisons, ...options.env }
  const running = await openStack({ dataDir, port: 0, without: ['opensearch'], environment, ...options, env }).catch(
    (failure: unknown) => {
      const words = explain(failure).join('\n') // before its log goes with the folder
      forget()
      throw new Error(words, { cause: failure })
    },
  )
  const { stack } = running
  const call = callTo(stack.api)
  const gatewayCall = callTo(stack.gateway)
  const database = openDatabase({ url: stack.postgres, poolSize: 4, onError: () => {} })
  const operator = await operatorOf(stack.temporal)
  const staff = await signIn(stack.admin.email, stack.admin.password)

  async function signIn(email: string, password: string): Promise<Customer> {
    const { body: tokens } = await call('POST', '/v1/auth/login', { body: { email, password } })
    const { body: user } = await call('GET', '/v1/me', { token: tokens.access_token })
    return customerOf(call, user, tokens.access_token)
  }

  async function newCustomer(): Promise<Customer> {
    const name = `story-${randomBytes(6).toString('hex')}`
    const account = { email: `${name}@example.com`, password: 'correct horse battery' }
    const { status, body } = await call('POST', '/v1/auth/register', { body: { username: name, ...account } })
    expect(status, JSON.stringify(body)).toBe(201)
    return signIn(account.email, account.password)
  }

  const stockOf = async (productId: string) => {
    const { body } = await call('GET', `/v1/inventory/${productId}`, { token: staff.token })
    return { on_hand: body.on_hand as number, reserved: body.reserved as number }
  }

  const index = stack.opensearch ? openSearchIndex(stack.opensearch) : undefined
  const look = (): Promise<InvariantResult[]> =>
    checkInvariants({ database, gatewayUrl: stack.gateway, temporal: stack.temporal, index, isWholeIndexRead: true })

  return {
    ...running,
    /** As it is now: processes that were started again have new pids. */
    get stack() {
      return running.stack
    },
    api: stack.api,
    call,
    database,
    operator,
    staff,
    newCustomer,
    newCustomers: (count: number): Promise<Customer[]> => inParallel(times(count, String), 4, newCustomer),
    stockOf,

    async newProduct({ onHand = 100, price = 19_99, name = 'Story lamp', currency = 'USD', sku = newSku() } = {}) {
      const body = {
        sku,
        name,
        description: 'Made for one story.',
        price: { amount: price, currency },
        category: 'stories',
        attributes: {},
        inventory: { on_hand: onHand },
      }
      const answer = await call('POST', '/v1/products', { token: staff.token, body })
      expect(answer.status, JSON.stringify(answer.body)).toBe(201)
      return answer.body as { id: string; sku: string; name: string; price: { amount: number } }
    },

    /** What the gateway wrote down for an order: `['authorization', 'capture']`. */
    movesOf: async (orderId: string): Promise<string[]> =>
      ((await gatewayCall('GET', `/v1/ledger?order_id=${orderId}`)).body.data as LedgerEntry[]).map(({ type }) => type),
    ledger: async (): Promise<LedgerEntry[]> => (await gatewayCall('GET', '/v1/ledger')).body.data,
    gateway: gatewayCall,

    /** Every promise of the invariants file, once the shop has come to rest. */
    async isSound(withinMs = 30_000): Promise<void> {
      const isBroken = ({ violations }: InvariantResult) => violations.length > 0
      // A search index that has just been started is not read at once.
      const isMissed = ({ skipped, name }: InvariantResult) =>
        skipped !== undefined && (index !== undefined || !name.startsWith('index_'))
      const isToCome = (results: InvariantResult[]) => results.some((each) => isBroken(each) || isMissed(each))
      let results = await look()
      for (const deadline = Date.now() + withinMs; isToCome(results) && Date.now() < deadline; results = await look())
        await new Promise((resolve) => setTimeout(resolve, 250))
      expect(results.some(isBroken), `\n${report(results, { all: false })}`).toBe(false)
      expect(results.filter(isMissed)).toEqual([])
    },

    async close(): Promise<void> {
      await operator.close()
      await database.end()
      await running.stop()
      forget()
    },
  }
}

export const newSku = (): string => `STORY-${randomBytes(5).toString('hex').toUpperCase()}`
export const newKey = (): string => randomUUID()

export const isOver = ({ status, payment_status }: Order): boolean =>
  status !== 'pending' && payment_status !== 'authorized'
