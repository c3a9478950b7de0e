import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Customer } from '../../shopper/people.ts'
import { eventually, openShop, type Shop } from './shop.ts'

const program = fileURLToPath(new URL('../../cli/holdfast.ts', import.meta.url))

let shop: Shop
let customer: Customer
let product: { id: string; sku: string; name: string }
beforeAll(async () => {
  shop = await openShop()
  customer = await shop.newCustomer()
  product = await shop.newProduct({ onHand: 100, price: 60_00 })
})
afterAll(() => shop?.close())

async function holdfast(...args: string[]) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, '--data', shop.dataDir, ...args], {
    reject: false,
  })
  return { exitCode, stdout, stderr }
}
const said = async (...args: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await holdfast(...args)
  expect(exitCode, stderr).toBe(0)
  return stdout
}
const bought = async (quantity = 1, token = 'tok_visa'): Promise<string> =>
  (await customer.buy([{ product_id: product.id, quantity }], { token })).body.id

describe('npm run holdfast', () => {
  test('shows an order, its money and its timeline as a tree, without colours for a program', async () => {
    const id = await bought(2)
    await said('orders', 'ship', id, '--carrier', 'DHL', '--tracking', 'JD014600003')
    const lines = (await said('orders', 'show', id)).split('\n')
    expect(lines[0]).toMatch(/^order \d+ {2}shipped, payment captured$/)
    expect(lines).toContain(`│  └─ 2 × ${product.sku}  ${product.name}  120.00 USD`)
    expect(lines.at(-1)).toMatch(/^ {3}└─ .* order shipped {2}→ shipped .*JD014600003/)
    expect(await said('orders', 'list', '--status', 'shipped')).toContain(id)
    expect(JSON.parse(await said('--json', 'orders', 'show', id)).order).toMatchObject({ id, status: 'shipped' })
    expect(await said('orders', 'deliver', id)).toBe(`${id} is delivered, its payment captured.`)
  })

  test('lists what waits for a person, and takes their word', async () => {
    await shop.gateway('PATCH', '/v1/settings', { body: { dispute_delay_ms: 0 } })
    const disputed = await bought(1, 'tok_late_decline')
    await eventually(async () => expect(await said('orders', 'list', '--needs-attention')).toContain(disputed))
    await said('orders', 'resolve', disputed)
    expect(await said('orders', 'list', '--needs-attention')).toBe('No such orders.')

    const doubtful = await bought(1, 'tok_review')
    expect(await said('orders', 'approve', doubtful, '--reason', 'known customer')).toMatch(/is paid/)
  })

  test('decides about a refund that somebody else asked for, and is told when it was their own', async () => {
    const id = await bought(2)
    const ask = { reason: 'arrived broken' }
    const { body: theirs } = await customer.ask('POST', `/v1/orders/${id}/refunds`, {
      ...ask,
      amount: { amount: 5_00, currency: 'USD' },
    })
    expect(await said('refunds', 'list', '--status', 'pending_approval')).toContain(theirs.id)
    expect(await said('refunds', 'approve', theirs.id)).toBe(`${theirs.id} is succeeded: 5.00 USD of ${id}.`)

    const { body: own } = await shop.staff.ask('POST', `/v1/orders/${id}/refunds`, ask)
    expect(await holdfast('refunds', 'approve', own.id)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^own_refund: /),
    })
    expect(await said('refunds', 'show', own.id)).toMatch(/waits for approve or reject until/)
    expect(await said('orders', 'show', id)).toContain(theirs.id)
  })

  test('orders units for a shelf and counts them in, and never more than were ordered', async () => {
    const opened = await said('replenish', product.id, '--quantity', '5')
    const [id] = /po_\S+/.exec(opened) ?? ['']
    expect(opened).toBe(`${id} is ordered: 5 units of ${product.id}.`)
    expect(await said('replenishments', 'receive', id, '--quantity', '2')).toMatch(/2 of 5 units have come/)
    expect(await holdfast('replenishments', 'receive', id, '--quantity', '4')).toMatchObject({
      exitCode: 1,
      stderr: 'over_receipt: 3 of 5 units are still to come',
    })
    expect(await said('replenishments', 'cancel', id, '--reason', 'discontinued')).toMatch(/is cancelled: 2 of 5/)
    expect(await said('replenishments', 'show', id)).toMatch(/2 units, counted by/)
    expect((await holdfast('replenish', product.id)).stderr).toMatch(/has no reorder quantity/)
  })

  test('says what is wrong with a command, and what the shop refuses, each with an exit code of its own', async () => {
    const id = await bought()
    await said('orders', 'ship', id, '--carrier', 'DHL', '--tracking', 'JD1')
    expect(await holdfast('orders', 'cancel', id)).toMatchObject({
      exitCode: 1,
      stderr: 'not_cancellable: The order is shipped',
    })
    expect(await holdfast('orders', 'show', 'ord_nobody')).toMatchObject({
      exitCode: 1,
      stderr: 'order_not_found: No such order',
    })
    expect((await holdfast('orders', 'list', '--limit', 'x')).exitCode).toBe(2)
    expect((await holdfast('orders', 'ship', id)).exitCode).toBe(2)
    const nowhere = await execa(process.execPath, [program, '--data', '/nowhere', 'orders', 'list'], { reject: false })
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([2, expect.stringMatching(/^No stack is running/)])
  })
})

test('after all of it, every promise is kept', () => shop.isSound())

test('an undo that was refused for good is left with --skip, and the invariants go on naming the order', async () => {
  const id = await bought()
  const [intent] = (await shop.gateway('GET', `/v1/payment_intents?idempotency_key=${id}:authorize`)).body.data
  await shop.gateway('POST', `/v1/payment_intents/${intent.id}/refunds`, { key: id, body: { amount: 60_00 } })
  await shop.operator.cancel(id)
  await eventually(async () => expect(await said('orders', 'list', '--needs-attention')).toContain(id))
  expect(await said('orders', 'show', id)).toMatch(/needs attention: .*refused/)
  await said('orders', 'resolve', id, '--skip')
  await eventually(async () => expect(await said('orders', 'show', id)).toMatch(/order cancelled {2}→ cancelled/))
  await expect(shop.isSound(0)).rejects.toThrow(id)
})
