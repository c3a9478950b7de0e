import { isCaptured } from './order-stories.ts'
import { money } from './paid-order.ts'
import { inAMoment, type Story } from './stage.ts'

export const returnStories: Story[] = [
  {
    title: 'Goods sent back: approved, counted in in two parcels, paid back, for sale again',
    async play(stage) {
      const { product, staff } = stage
      const customer = await stage.shop.newCustomer()
      stage.say(`A customer buys 3 x ${product.name}, and has them.`)
      const bought = await customer.buy({ lines: [{ product, quantity: 3 }], token: 'tok_visa' })
      stage.heard(bought)
      const { id } = await customer.orderOnce(bought.body.id, isCaptured)
      await staff.ship(id, { carrier: 'DHL', tracking_number: 'JD014600003' })
      await staff.deliver(id)
      const before = await stage.available()
      const asked = await customer.sendBack(id, { items: [{ product_id: product.id, quantity: 2 }], reason: 'Too big' })
      stage.expect('two of them are to come back', asked.body.status === 'requested', asked.body)
      const more = await customer.sendBack(id, {
        items: [{ product_id: product.id, quantity: 2 }],
        reason: 'All of it',
      })
      stage.expect('more than were bought is refused', more.body.code === 'return_exceeds_bought', more.body)
      const approved = await staff.approveReturn(asked.body.id)
      stage.expect('the shop approves', approved.body.status === 'approved', approved.body)
      const part = await staff.receiveReturn(asked.body.id, [{ product_id: product.id, quantity: 1, restock: true }])
      stage.expect('one has come', part.body.status === 'partially_received', part.body)
      await stage.expectStock('it is for sale again', product, before + 1)
      await stage.expectLedger('nothing has gone back yet', id, ['authorization', 'capture'])
      await staff.receiveReturn(asked.body.id, [{ product_id: product.id, quantity: 1, restock: false }])
      const end = await inAMoment(
        () => staff.returnOf(asked.body.id),
        ({ status }) => status === 'refunded',
      )
      stage.expect('the other came broken, and both are paid back', end.status === 'refunded', end)
      const order = await customer.order(id)
      stage.expect(
        `${money(order.refunded)} went back`,
        order.refunded.amount === 2 * product.price.amount,
        order.refunded,
      )
      await stage.expectLedger('taken once, given back once', id, ['authorization', 'capture', 'refund'])
      await stage.expectStock('what is broken is not for sale', product, before + 1)
    },
  },
]
