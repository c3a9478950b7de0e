import { isCaptured } from './order-stories.ts'
import { money } from './paid-order.ts'
import type { Story } from './stage.ts'

export const refundStories: Story[] = [
  {
    title: 'One of two units sent back: half the money, one unit on the shelf',
    async play(stage) {
      const { product, staff } = stage
      const [customer, before] = [await stage.shop.newCustomer(), await stage.available()]
      stage.say(`A customer buys 2 x ${product.name}.`)
      const bought = await customer.buy({ lines: [{ product, quantity: 2 }], token: 'tok_visa' })
      stage.heard(bought)
      const { id } = await customer.orderOnce(bought.body.id, isCaptured)
      const refund = await staff.refund(id, {
        items: [{ product_id: product.id, quantity: 1, restock: true }],
        reason: 'One arrived broken',
      })
      stage.expect(
        'the refund goes out at once',
        refund.status === 201 && refund.body.status === 'succeeded',
        refund.body,
      )
      const order = await customer.order(id)
      stage.expectOrder('the order is paid, a part refunded', order, 'paid', 'partially_refunded')
      stage.expect(`${money(order.refunded)} went back`, order.refunded.amount === product.price.amount, order.refunded)
      await stage.expectLedger('taken once, half of it given back', id, ['authorization', 'capture', 'refund'])
      await stage.expectStock('one unit is for sale again', product, before - 1)
      const more = await staff.refund(id, { amount: order.total, reason: 'All of it, please' })
      stage.expect('more than was taken is refused', more.body.code === 'refund_exceeds_captured', more.body)
    },
  },
  {
    title: 'A customer asks for money back: the shop decides',
    async play(stage) {
      const { staff } = stage
      const customer = await stage.shop.newCustomer()
      const { id } = await stage.orderOne(customer, 'tok_visa')
      await customer.orderOnce(id, isCaptured)
      const asked = await customer.refund(id, { reason: 'Not as in the picture' })
      stage.expect('it waits for approval', asked.body.status === 'pending_approval', asked.body)
      await stage.expectLedger('nothing has gone back yet', id, ['authorization', 'capture'])
      const approved = await staff.approveRefund(asked.body.id)
      stage.expect('approved, it goes out', approved.body.status === 'succeeded', approved.body)
      stage.expectOrder('all refunded', await customer.order(id), 'paid', 'refunded')
      await stage.expectLedger('all of the money went back, once', id, ['authorization', 'capture', 'refund'])
    },
  },
]
