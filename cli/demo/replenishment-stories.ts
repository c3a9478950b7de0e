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
]
