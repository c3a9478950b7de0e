import { describe, expect, test } from 'vitest'
import type { BookedOrder, Books } from '../../chaos/checks/books.ts'
import { historyChecks, runHistoryChecks } from '../../chaos/checks/history.ts'
import type { Heard, Operation } from '../../chaos/traffic/history.ts'
import type { HeardWebhook } from '../../chaos/traffic/listener.ts'

type World = {
  operations: Operation[]
  webhooks: HeardWebhook[]
  books: Books
  scarce: { productId: string; units: number }[]
}

const heard = (status: number, rest: Partial<Heard> = {}): Heard => ({ status, replayed: false, ...rest })
const paid = (orderId: string) => heard(201, { orderId, orderStatus: 'paid', paymentStatus: 'captured' })

function operation(id: number, rest: Partial<Operation>, ...answers: (Heard | 'lost')[]): Operation {
  const sends = answers.map((answer, place) => {
    const sentMs = id * 1_000 + place * 100
    return answer === 'lost'
      ? { sentMs, heardMs: null, lost: 'ECONNRESET' }
      : { sentMs, heardMs: sentMs + 50, heard: answer }
  })
  return { id, kind: 'checkout', by: 'usr_1', key: `key-${id}`, sends, ...rest }
}

const visa = { card: { token: 'tok_visa' }, lines: [{ productId: 'prd_1', quantity: 2 }] }
const racer = { card: { token: 'tok_visa' }, lines: [{ productId: 'prd_rare', quantity: 1 }], race: 'prd_rare' }
const booked = (status: BookedOrder['status'], paymentStatus: string): BookedOrder => ({
  ...{ status, paymentStatus, userId: 'usr_1', needsAttention: null },
  cancelReason: status === 'cancelled' ? 'cancelled_by_customer' : null,
})

/** A quiet little run in which all went well, in spite of a lost answer. */
function goodWorld(): World {
  return {
    operations: [
      operation(0, visa, 'lost', paid('ord_0')),
      operation(
        1,
        { kind: 'ship', orderId: 'ord_0' },
        heard(201, { orderId: 'ord_0', orderStatus: 'shipped', paymentStatus: 'captured' }),
      ),
      operation(
        2,
        { kind: 'look', orderId: 'ord_0' },
        heard(200, { orderId: 'ord_0', orderStatus: 'shipped', paymentStatus: 'captured' }),
      ),
      operation(
        3,
        { ...visa, card: { token: 'tok_declined' } },
        heard(402, { code: 'payment_declined', orderId: 'ord_3' }),
      ),
      operation(4, visa, heard(201, { orderId: 'ord_4', orderStatus: 'paid', paymentStatus: 'captured' })),
      operation(
        5,
        { kind: 'cancel', orderId: 'ord_4' },
        heard(503),
        heard(200, { orderId: 'ord_4', orderStatus: 'cancelled', paymentStatus: 'refunded' }),
      ),
      operation(6, { ...visa, key: 'key-4', conflictsWith: 4 }, heard(422, { code: 'idempotency_key_reuse' })),
      operation(7, racer, paid('ord_7')),
      operation(8, racer, heard(409, { code: 'insufficient_stock' })),
      operation(9, { kind: 'adjust', adjustment: { productId: 'prd_1', change: 5 } }, heard(201)),
      operation(
        10,
        { kind: 'refund', orderId: 'ord_0', refund: { productId: 'prd_1' } },
        heard(202, { refundId: 're_1', refundStatus: 'processing' }),
        heard(201, { refundId: 're_1', refundStatus: 'succeeded' }),
      ),
      operation(
        11,
        { kind: 'refund', orderId: 'ord_0', refund: 'everything' },
        heard(409, { code: 'refund_exceeds_captured' }),
      ),
      operation(
        12,
        { kind: 'replenish', units: { productId: 'prd_1', quantity: 9 } },
        heard(201, { replenishmentId: 'po_1' }),
      ),
      operation(13, { kind: 'receive', units: { productId: 'prd_1', quantity: 6 } }, heard(503), heard(201)),
      operation(
        14,
        { kind: 'receive', units: { productId: 'prd_1', quantity: 4 } },
        heard(409, { code: 'over_receipt' }),
      ),
      operation(
        15,
        { kind: 'send back', orderId: 'ord_0', goods: { productId: 'prd_1', quantity: 1 } },
        heard(503),
        heard(201, { returnId: 'ret_1' }),
      ),
      operation(
        16,
        { kind: 'receive return', orderId: 'ord_0', goods: { productId: 'prd_1', quantity: 1 } },
        heard(201, { returnId: 'ret_1' }),
      ),
      operation(
        17,
        { kind: 'receive return', orderId: 'ord_0', goods: { productId: 'prd_1', quantity: 1 } },
        heard(409, { code: 'invalid_transition' }),
      ),
      operation(
        18,
        { kind: 'review', review: { productId: 'prd_1', rating: 4 } },
        'lost',
        heard(409, { code: 'review_exists' }),
      ),
    ],
    webhooks: [
      { eventId: 'ord_3:payment.failed', isSigned: true },
      { eventId: 'ord_4:order.cancelled', isSigned: true },
    ],
    books: {
      orders: new Map([
        ['ord_0', booked('shipped', 'partially_refunded')],
        ['ord_3', { ...booked('cancelled', 'failed'), cancelReason: 'payment_declined' }],
        ['ord_4', booked('cancelled', 'refunded')],
        ['ord_7', booked('paid', 'captured')],
      ]),
      keys: new Map([0, 3, 4, 7].map((id) => [`usr_1 key-${id}`, `ord_${id}`])),
      refunds: new Map([
        [
          'usr_1 key-10',
          { id: 're_1', orderId: 'ord_0', status: 'succeeded', restocked: [{ productId: 'prd_1', quantity: 1 }] },
        ],
      ]),
      replenishments: new Map([['usr_1 key-12', 'po_1']]),
      receipts: new Map([['usr_1 key-13', { productId: 'prd_1', quantity: 6 }]]),
      returns: new Map([['usr_1 key-15', { productId: 'prd_1', quantity: 1 }]]),
      returnReceipts: new Map([['usr_1 key-16', { orderId: 'ord_0', productId: 'prd_1', quantity: 1 }]]),
      reviews: new Map([['usr_1 prd_1', 4]]),
      deliveries: new Map([
        ['ord_3:payment.failed', 'pending'],
        ['ord_4:order.cancelled', 'delivered'],
      ]),
      adjustments: [{ reason: 'key-9', productId: 'prd_1', change: 5 }],
      onHand: new Map([
        ['prd_1', 111],
        ['prd_rare', 0],
      ]),
      lines: new Map([
        ['ord_0', [{ productId: 'prd_1', quantity: 2 }]],
        ['ord_3', [{ productId: 'prd_1', quantity: 2 }]],
        ['ord_4', [{ productId: 'prd_1', quantity: 2 }]],
        ['ord_7', [{ productId: 'prd_rare', quantity: 1 }]],
      ]),
    },
    scarce: [{ productId: 'prd_rare', units: 1 }],
  }
}

const broken = ({ operations, webhooks, books, scarce }: World): string[] =>
  runHistoryChecks({ operations, webhooks, books, shelves: { plenty: ['prd_1'], scarce }, openingUnits: 100 })
    .filter(({ violations }) => violations.length > 0)
    .map(({ name }) => name)

const answer = (world: World, id: number, ...answers: (Heard | 'lost')[]) => {
  const { sends } = operation(id, {}, ...answers)
  ;(world.operations[id] as Operation).sends = sends
}
const book = (world: World, id: string, status: BookedOrder['status'], paymentStatus: string) =>
  world.books.orders.set(id, booked(status, paymentStatus))

/** Each is a lie that some defect of the shop would tell, and the checks that must not believe it. */
const lies: { what: string; plant: (world: World) => void; found: string[] }[] = [
  {
    what: 'a checkout that is answered as decided while it is pending',
    plant: (world) => answer(world, 7, heard(201, { orderId: 'ord_7', orderStatus: 'pending' })),
    found: ['nothing_acknowledged_is_lost'],
  },
  {
    what: 'a checkout that is never decided',
    plant: (world) => answer(world, 3, 'lost', heard(503), heard(202, { orderId: 'ord_3' })),
    found: ['every_request_was_decided'],
  },
  {
    what: 'two orders for one key',
    plant: (world) => answer(world, 0, paid('ord_0'), paid('ord_7')),
    found: ['one_key_is_one_order'],
  },
  {
    what: 'another answer to a repeat',
    plant: (world) => answer(world, 0, paid('ord_0'), heard(402, { code: 'payment_declined' })),
    found: ['answers_to_one_key_agree', 'outcome_fits_the_card'],
  },
  {
    what: 'a refund that was acknowledged and did not go out',
    plant: (world) => {
      world.books.refunds.clear()
      world.books.onHand.set('prd_1', 110)
    },
    found: ['refunds_are_as_answered'],
  },
  {
    what: 'a refund that was refused and went out all the same',
    plant: (world) =>
      world.books.refunds.set('usr_1 key-11', { id: 're_2', orderId: 'ord_0', status: 'succeeded', restocked: [] }),
    found: ['refunds_are_as_answered'],
  },
  {
    what: 'two refunds for one key',
    plant: (world) =>
      answer(
        world,
        10,
        heard(201, { refundId: 're_2', refundStatus: 'succeeded' }),
        heard(201, { refundId: 're_1', refundStatus: 'succeeded' }),
      ),
    found: ['refunds_are_as_answered'],
  },
  {
    what: 'a webhook that is called delivered and was not heard',
    plant: (world) => world.webhooks.pop(),
    found: ['webhooks_are_as_told'],
  },
  {
    what: 'a webhook that somebody else has signed',
    plant: (world) => (world.webhooks[0]!.isSigned = false),
    found: ['webhooks_are_as_told'],
  },
  {
    what: 'a webhook of an event that is not there',
    plant: (world) => world.webhooks.push({ eventId: 'ord_5:order.cancelled', isSigned: true }),
    found: ['webhooks_are_as_told'],
  },
  {
    what: 'a webhook that was given up',
    plant: (world) => world.books.deliveries.set('ord_3:payment.failed', 'dead'),
    found: ['webhooks_are_as_told'],
  },
  {
    what: 'an order of units that was acknowledged and is not there',
    plant: (world) => world.books.replenishments.clear(),
    found: ['replenishments_are_as_answered'],
  },
  {
    what: 'units that were acknowledged and not counted in',
    plant: (world) => {
      world.books.receipts.clear()
      world.books.onHand.set('prd_1', 105)
    },
    found: ['replenishments_are_as_answered'],
  },
  {
    what: 'units that were refused as too many and counted in all the same',
    plant: (world) => {
      world.books.receipts.set('usr_1 key-14', { productId: 'prd_1', quantity: 4 })
      world.books.onHand.set('prd_1', 115)
    },
    found: ['replenishments_are_as_answered'],
  },
  {
    what: 'another count than the clerk gave',
    plant: (world) => {
      world.books.receipts.set('usr_1 key-13', { productId: 'prd_1', quantity: 5 })
      world.books.onHand.set('prd_1', 110)
    },
    found: ['replenishments_are_as_answered'],
  },
  {
    what: 'units that nobody counted in',
    plant: (world) => {
      world.books.receipts.set('rcp_2', { productId: 'prd_1', quantity: 1 })
      world.books.onHand.set('prd_1', 112)
    },
    found: ['replenishments_are_as_answered'],
  },
  {
    what: 'units that were counted in and are not on the shelf',
    plant: (world) => world.books.onHand.set('prd_1', 105),
    found: ['shelves_add_up'],
  },
  {
    what: 'a restocked unit that is not on the shelf',
    plant: (world) => world.books.onHand.set('prd_1', 110),
    found: ['shelves_add_up'],
  },
  {
    what: 'an acknowledged order that is gone',
    plant: (world) => {
      world.books.orders.delete('ord_0')
      world.books.lines.delete('ord_0')
      world.books.onHand.set('prd_1', 113)
    },
    found: ['nothing_acknowledged_is_lost', 'returns_are_as_answered'],
  },
  {
    what: 'an acknowledged shipment that is gone',
    plant: (world) => book(world, 'ord_0', 'paid', 'captured'),
    found: ['nothing_acknowledged_is_lost'],
  },
  {
    what: 'an acknowledged cancellation that is gone',
    plant: (world) => {
      book(world, 'ord_4', 'paid', 'captured')
      world.books.onHand.set('prd_1', 109)
    },
    found: ['nothing_acknowledged_is_lost'],
  },
  {
    what: 'a paid order that was cancelled though nobody asked for it',
    plant: (world) => {
      book(world, 'ord_7', 'cancelled', 'refunded')
      world.books.onHand.set('prd_rare', 1)
    },
    found: ['nothing_acknowledged_is_lost'],
  },
  {
    what: 'captured money that is only held now',
    plant: (world) => book(world, 'ord_7', 'paid', 'authorized'),
    found: ['nothing_acknowledged_is_lost'],
  },
  {
    what: "somebody else's order",
    plant: (world) => world.books.orders.set('ord_7', { ...booked('paid', 'captured'), userId: 'usr_2' }),
    found: ['nothing_acknowledged_is_lost'],
  },
  {
    what: 'a known order that is said not to exist',
    plant: (world) => answer(world, 2, heard(404, { code: 'order_not_found' })),
    found: ['nothing_acknowledged_is_lost'],
  },
  {
    what: 'a refused cancellation that was carried out',
    plant: (world) => answer(world, 5, heard(409, { code: 'not_cancellable' })),
    found: ['refused_is_not_done'],
  },
  {
    what: 'a declined checkout that is a live order',
    plant: (world) => {
      book(world, 'ord_3', 'paid', 'captured')
      world.books.onHand.set('prd_1', 109)
    },
    found: ['refused_is_not_done'],
  },
  {
    what: 'a bad card that buys',
    plant: (world) => {
      answer(world, 3, paid('ord_3'))
      book(world, 'ord_3', 'paid', 'captured')
      world.books.onHand.set('prd_1', 109)
    },
    found: ['outcome_fits_the_card'],
  },
  {
    what: 'a full shelf that is called empty',
    plant: (world) => {
      answer(world, 3, heard(409, { code: 'insufficient_stock' }))
      ;(world.operations[3] as Operation).card = { token: 'tok_visa' }
    },
    found: ['outcome_fits_the_card'],
  },
  {
    what: 'a key that takes another body',
    plant: (world) => answer(world, 6, paid('ord_4')),
    found: ['a_key_is_for_one_request'],
  },
  {
    what: 'an order that goes back',
    plant: (world) =>
      answer(world, 2, heard(200, { orderId: 'ord_0', orderStatus: 'paid', paymentStatus: 'captured' })),
    found: ['no_order_goes_back'],
  },
  {
    what: 'an order that nobody asked for',
    plant: (world) => {
      world.books.keys.set('usr_1 key-99', 'ord_99')
      book(world, 'ord_99', 'cancelled', 'failed')
    },
    found: ['nothing_unasked_for'],
  },
  {
    what: 'a unit sold twice',
    plant: (world) => {
      answer(world, 8, paid('ord_8'))
      world.books.keys.set('usr_1 key-8', 'ord_8')
      book(world, 'ord_8', 'paid', 'captured')
      world.books.lines.set('ord_8', [{ productId: 'prd_rare', quantity: 1 }])
    },
    found: ['scarce_units_go_to_as_many'],
  },
  {
    what: 'a unit that nobody got',
    plant: (world) => {
      world.scarce = [{ productId: 'prd_rare', units: 2 }]
      world.books.onHand.set('prd_rare', 1)
    },
    found: ['scarce_units_go_to_as_many'],
  },
  {
    what: 'a correction that counts twice',
    plant: (world) => {
      world.books.adjustments.push({ reason: 'key-9', productId: 'prd_1', change: 5 })
      world.books.onHand.set('prd_1', 116)
    },
    found: ['corrections_count_once'],
  },
  {
    what: 'a correction that was acknowledged and does not count',
    plant: (world) => {
      world.books.adjustments.pop()
      world.books.onHand.set('prd_1', 106)
    },
    found: ['corrections_count_once'],
  },
  {
    what: 'a return that was acknowledged and is not there',
    plant: ({ books }) => books.returns.clear(),
    found: ['returns_are_as_answered'],
  },
  {
    what: 'a return that was refused and is there all the same',
    plant: (world) => answer(world, 15, heard(409, { code: 'return_exceeds_bought' })),
    found: ['returns_are_as_answered'],
  },
  {
    what: 'more that came back than was bought',
    plant: (world) => {
      world.books.returnReceipts.set('usr_1 key-16', { orderId: 'ord_0', productId: 'prd_1', quantity: 3 })
      world.books.onHand.set('prd_1', 113)
    },
    found: ['returns_are_as_answered'],
  },
  {
    what: 'a review that was acknowledged and is not there',
    plant: (world) => {
      answer(world, 18, heard(201))
      world.books.reviews.clear()
    },
    found: ['reviews_are_as_answered'],
  },
  {
    what: 'a review that is said to be there and is not',
    plant: ({ books }) => books.reviews.clear(),
    found: ['reviews_are_as_answered'],
  },
  {
    what: 'a review that was taken twice',
    plant: (world) => answer(world, 18, heard(201), heard(201)),
    found: ['reviews_are_as_answered'],
  },
  {
    what: 'stars that nobody gave',
    plant: ({ books }) => books.reviews.set('usr_1 prd_1', 5),
    found: ['reviews_are_as_answered'],
  },
  {
    what: 'a review that nobody wrote',
    plant: ({ books }) => books.reviews.set('usr_2 prd_1', 1),
    found: ['reviews_are_as_answered'],
  },
  {
    what: 'a buyer who may not review what was delivered',
    plant: (world) => answer(world, 18, heard(403, { code: 'not_a_buyer' })),
    found: ['reviews_are_as_answered'],
  },
  {
    what: 'a unit that is nowhere',
    plant: (world) => void world.books.onHand.set('prd_1', 110),
    found: ['shelves_add_up'],
  },
]

test('a run in which all went well breaks no promise', () => {
  expect(broken(goodWorld())).toEqual([])
})

test.each(lies)('is found: $what', ({ plant, found }) => {
  const world = goodWorld()
  plant(world)
  expect(broken(world)).toEqual(found)
})

test('every check of the history has been seen to fail', () => {
  expect(new Set(lies.flatMap(({ found }) => found))).toEqual(new Set(historyChecks.map(({ name }) => name)))
})

describe('what looks wrong and is not', () => {
  test('a racer who was refused before the key was written, and got a unit that came back', () => {
    const world = goodWorld()
    answer(world, 7, heard(409, { code: 'insufficient_stock' }), paid('ord_7'))
    expect(broken(world)).toEqual([])
  })

  test('an order that waits for a customer who never comes', () => {
    const world = goodWorld()
    const waiting = heard(202, {
      orderId: 'ord_3',
      orderStatus: 'pending',
      paymentStatus: 'requires_action',
      waitsFor: { intentId: 'pi_1' },
    })
    answer(world, 3, waiting)
    ;(world.operations[3] as Operation).card = { token: 'tok_3ds', decision: 'never' }
    book(world, 'ord_3', 'pending', 'requires_action')
    expect(broken(world)).toEqual([])
  })

  test('a shipment that was never heard of and did happen', () => {
    const world = goodWorld()
    answer(world, 5, 'lost', heard(409, { code: 'not_cancellable' }))
    book(world, 'ord_4', 'paid', 'captured')
    world.books.onHand.set('prd_1', 109)
    expect(broken(world)).toEqual([])
  })
})
