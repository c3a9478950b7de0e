import { randomBytes } from 'node:crypto'
import { inAMoment, type Story } from './stage.ts'

export const replenishmentStories: Story[] = [
  {
    title: 'A shelf runs low: more is ordered by itself, counted in, and for sale',
    async play(stage) {
      const { staff } = stage
      const product = await staff.createProduct({ name: 'Demo candle', price: stage.product.price, onHand: 5 })
      try {
        await staff.reorderAt(product.id, 2, 20)
        stage.say(`A customer buys 3 of the 5 x ${product.name}; more is wanted when 2 are left.`)
        const customer = await stage.shop.newCustomer()
        stage.heard(await customer.buy({ lines: [{ product, quantity: 3 }], token: 'tok_visa' }))
        const [replenishment] = await inAMoment(
          () => staff.replenishmentsOf(product.id),
          ([first]) => first?.status === 'ordered',
        )
        if (!replenishment) return stage.expect('more is ordered', false)
        stage.expect(
          `${replenishment.quantity} are on order (${replenishment.id})`,
          replenishment.status === 'ordered' && replenishment.quantity === 20,
          replenishment,
        )
        const incoming = await staff.stock(product.id)
        stage.expect('they are incoming', incoming.incoming === 20 && incoming.available === 2, incoming)
        const part = await staff.receive(replenishment.id, 12)
        stage.expect('12 have come', part.status === 201 && part.body.status === 'partially_received', part.body)
        await stage.expectStock('12 more are for sale', product, 14)
        const tooMany = await staff.receive(replenishment.id, 9)
        stage.expect('more than was ordered is not counted in', tooMany.body.code === 'over_receipt', tooMany.body)
        const rest = await staff.receive(replenishment.id, 8)
        stage.expect('all have come', rest.body.status === 'received', rest.body)
        await stage.expectStock('all of them are for sale', product, 22)
      } finally {
        await staff.deleteProduct(product.id)
      }
    },
  },
  {
    title: 'The first supplier has a part of what is wanted: the next one is asked for the rest',
    async play(stage) {
      const { staff, supplierUrl } = stage
      if (supplierUrl === undefined) return stage.say('Nobody supplies this stack: units are ordered by hand here.')
      const product = await staff.createProduct({ name: 'Demo torch', price: stage.product.price, onHand: 1 })
      try {
        const run = randomBytes(3).toString('hex')
        const names = [`Torches & Co ${run}`, `Night Light Ltd ${run}`]
        const settings = { [names[0] as string]: { behaviour: 'confirms_part', part: 0.4 } }
        await fetch(new URL('/v1/settings', supplierUrl), {
          method: 'PATCH',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(settings),
        })
        await staff.suppliedBy(product.id, names)
        stage.say(`${product.name} can be had from ${names.join(' and ')}; 20 are wanted when 1 is left.`)
        await staff.reorderAt(product.id, 1, 20)
        const [replenishment] = await inAMoment(
          () => staff.replenishmentsOf(product.id),
          ([first]) => first?.suppliers[1]?.status === 'confirmed',
        )
        if (!replenishment) return stage.expect('more is ordered', false)
        for (const { supplier, status, quantity, confirmed_quantity } of replenishment.suppliers)
          stage.say(`${supplier.name}: ${status}, ${confirmed_quantity} of ${quantity}`)
        const promised = replenishment.suppliers.map((each) => each.confirmed_quantity)
        stage.expect(
          `all 20 are promised (${replenishment.id})`,
          replenishment.status === 'confirmed' && promised.join() === '8,12',
          replenishment,
        )
        const incoming = await staff.stock(product.id)
        stage.expect('they are incoming once', incoming.incoming === 20, incoming)
        const { body } = await staff.receive(replenishment.id, 20)
        stage.expect('all have come', body.status === 'received', body)
      } finally {
        await staff.deleteProduct(product.id)
      }
    },
  },
]
