import { answerBank } from './gateway-client.ts'
import { approveOrder } from './operator.ts'
import { temporalCommand } from './paid-order.ts'
import type { Order } from './shop-client.ts'
import type { Stage, Story } from './stage.ts'

const isOver = (order: Order): boolean => order.status !== 'pending' && order.payment_status !== 'authorized'

export const paymentStories: Story[] = [
  {
    title: 'A declined card leaves nothing behind',
    play: (stage) => isRefused(stage, { token: 'tok_declined', status: 402, code: 'payment_declined' }),
  },
  {
    title: 'Insufficient funds: the same, in the words of the bank',
    play: (stage) =>
      isRefused(stage, {
        token: 'tok_insufficient_funds',
        status: 402,
        code: 'payment_declined',
        because: 'insufficient_funds',
      }),
  },
  {
    title: '3-D Secure: the order waits while the customer answers their bank',
    async play(stage) {
      const customer = await stage.shop.newCustomer()
      const asked = await stage.orderOne(customer, 'tok_3ds')
      stage.expectOrder('the order waits for its customer', asked, 'pending', 'requires_action')
      stage.expect('it says where to answer', Boolean(asked.next_action?.url), asked.next_action)
      stage.say(`The customer confirms at ${asked.next_action?.url}`)
      await answerBank(asked.next_action?.url ?? '', 'succeed')
      stage.expectOrder('the order is paid', await customer.orderOnce(asked.id, isOver), 'paid', 'captured')
      await stage.expectLedger('charged once', asked.id, ['authorization', 'capture'])
    },
  },
  {
    title: '3-D Secure: the customer fails the check',
    async play(stage) {
      const [customer, before] = [await stage.shop.newCustomer(), await stage.available()]
      const asked = await stage.orderOne(customer, 'tok_3ds')
      await stage.expectStock('one unit is promised meanwhile', stage.product, before - 1)
      stage.say('The bank says no.')
      await answerBank(asked.next_action?.url ?? '', 'fail')
      stage.expectOrder('the order is cancelled', await customer.orderOnce(asked.id, isOver), 'cancelled', 'failed')
      await stage.expectStock('the unit is for sale again', stage.product, before)
      await stage.expectLedger('no money moved', asked.id, [])
    },
  },
  {
    title: 'A doubtful order waits for a person, who approves it',
    async play(stage) {
      const customer = await stage.shop.newCustomer()
      const order = await stage.orderOne(customer, 'tok_review')
      stage.expectOrder('the money is held and the order waits', order, 'pending', 'authorized')
      await stage.expectLedger('held, not taken', order.id, ['authorization'])
      stage.say('Staff approves it. By hand this is:')
      stage.say(
        `  ${temporalCommand(stage.temporal)} workflow signal --workflow-id order-${order.id} --name approve --input '{"by":"robin"}'`,
      )
      await approveOrder(stage.temporal, order.id)
      stage.expectOrder('the order is paid', await customer.orderOnce(order.id, isOver), 'paid', 'captured')
      await stage.expectLedger('taken once', order.id, ['authorization', 'capture'])
    },
  },
  {
    title: 'A risky order is refused and its hold let go',
    async play(stage) {
      const orderId = await isRefused(stage, {
        token: 'tok_risky',
        status: 403,
        code: 'payment_risk',
        payment: 'voided',
      })
      await stage.expectLedger('the hold was let go', orderId, ['authorization', 'void'])
    },
  },
  {
    title: 'A gateway that is busy twice is asked a third time',
    play: (stage) => isPaidAfterTrouble(stage, 'tok_flaky'),
  },
  {
    title: 'A charge whose answer is lost is looked up, not repeated',
    play: (stage) => isPaidAfterTrouble(stage, 'tok_timeout_after_charge'),
  },
]

type Refusal = { token: string; status: number; code: string; payment?: string; because?: string }

async function isRefused(stage: Stage, { token, status, code, because, payment = 'failed' }: Refusal): Promise<string> {
  const [customer, before] = [await stage.shop.newCustomer(), await stage.available()]
  const answer = await stage.buyOne(customer, token)
  stage.expect(`answered ${status} ${code}`, answer.status === status && answer.body.code === code, answer.body)
  if (because) stage.expect(`because of ${because}`, answer.body.decline_code === because, answer.body)
  const newest = await customer.newestOrder()
  stage.expect('the customer finds the order among theirs', newest !== undefined)
  const order = await customer.orderOnce(newest?.id ?? '', isOver)
  stage.expectOrder(`it is cancelled, its payment ${payment}`, order, 'cancelled', payment)
  await stage.expectStock('the unit is for sale again', stage.product, before)
  if (payment === 'failed') await stage.expectLedger('no money moved', order.id, [])
  return order.id
}

async function isPaidAfterTrouble(stage: Stage, token: string): Promise<void> {
  const customer = await stage.shop.newCustomer()
  const { id } = await stage.orderOne(customer, token)
  stage.expectOrder('the order is paid', await customer.orderOnce(id, isOver), 'paid', 'captured')
  await stage.expectLedger('charged once', id, ['authorization', 'capture'])
}
