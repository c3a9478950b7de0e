import type { Saboteur } from './saboteur.ts'

const payments = 'activities/payments.ts'

/** Bugs that cost somebody money. */
export const moneySaboteurs: readonly Saboteur[] = [
  {
    name: 'no-gateway-key',
    bug: 'The gateway is asked to hold the money without a key that stays the same.',
    edits: [
      {
        file: payments,
        find: 'asPayment(await authorizeOrFind(gateway(), key, orderId, terms))',
        replace: 'asPayment(await authorizeOrFind(gateway(), `${key}:${Math.random()}`, orderId, terms))',
      },
    ],
    caughtBy: 'sim',
    expects: ['order_is_charged_once', 'hold_ends_with_its_order', 'captured_money_is_earned_or_returned'],
  },
  {
    name: 'new-key-for-each-attempt',
    bug: 'The key of a hold is made from the attempt, so a hold whose answer was lost is made again.',
    edits: [
      {
        file: payments,
        find: 'asPayment(await authorizeOrFind(gateway(), key, orderId, terms))',
        replace:
          'asPayment(await authorizeOrFind(gateway(), activityInfo().attempt === 1 ? key : `${key}:${activityInfo().attempt}`, orderId, terms))',
      },
    ],
    caughtBy: 'sim',
    expects: ['order_is_charged_once', 'hold_ends_with_its_order'],
  },
  {
    name: 'key-only-in-redis',
    bug: 'The key for the gateway is made once and kept in Redis, which may forget it.',
    edits: [
      {
        file: payments,
        find: `  const gateway = () => (activityInfo().isLocal ? gateways.quick : gateways.patient)
`,
        replace: `  const gateway = () => (activityInfo().isLocal ? gateways.quick : gateways.patient)
  const { redis } = arguments[0] as any
  async function keptKey(orderId: string): Promise<string> {
    await redis.set(\`key:\${orderId}\`, \`\${orderId}:\${Math.random()}\`, 'NX')
    return redis.get(\`key:\${orderId}\`)
  }
`,
      },
      {
        file: payments,
        find: `      const key = orderStepKey(orderId, 'authorize')
      const terms`,
        replace: `      const key = await keptKey(orderId)
      const terms`,
      },
      {
        file: payments,
        find: "findIntentByKey(orderStepKey(orderId, 'authorize'))",
        replace: 'findIntentByKey(await keptKey(orderId))',
      },
      {
        file: payments,
        find: `      const key = orderStepKey(orderId, 'authorize')
      // A refused`,
        replace: `      const key = await keptKey(orderId)
      // A refused`,
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '1', '--faults', 'flush-redis', '--fault-count', '20'],
    expects: ['order_is_charged_once', 'hold_ends_with_its_order', 'captured_money_is_earned_or_returned'],
  },
  {
    name: 'undo-after-its-step',
    bug: 'The undo of a hold is promised once the hold has succeeded, so a lost answer leaves nothing to undo it.',
    edits: [
      {
        file: 'workflows/order-checkout.ts',
        find: `    saga.promise('give the money back', () => reversePayment(story))
`,
        replace: '',
      },
      {
        file: 'workflows/order-checkout.ts',
        find: '  let payment = await authorize(story)\n',
        replace: `  let payment = await authorize(story)
  story.saga.promise('give the money back', () => reversePayment(story))
`,
      },
    ],
    caughtBy: 'sim',
    expects: ['hold_ends_with_its_order', 'cancelled_order_owes_nothing'],
  },
  {
    name: 'release-before-refund',
    bug: 'An order is cancelled first and its money is given back afterwards.',
    edits: [
      {
        file: 'workflows/order-checkout.ts',
        find: `    saga.promise('give the stock back', () => cancelOrder(story))
    saga.promise('give the money back', () => reversePayment(story))`,
        replace: `    saga.promise('give the money back', () => reversePayment(story))
    saga.promise('give the stock back', () => cancelOrder(story))`,
      },
    ],
    caughtBy: 'sim',
    expects: ['cancelled_order_owes_nothing'],
  },
  {
    name: 'retry-on-a-decline',
    bug: 'A declined card is taken for a gateway in trouble and tried again.',
    edits: [
      {
        file: payments,
        find: 'const asPayment = (intent: PaymentIntent): Payment => ({',
        replace: `const asPayment = (intent: PaymentIntent): Payment => intent.status === 'declined' ? again() : ({`,
      },
      {
        file: payments,
        find: 'async function authorizeOrFind(',
        replace: `function again(): never {
  throw new GatewayUnavailable('The card was declined')
}

async function authorizeOrFind(`,
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '0.3', '--fault-count', '0'],
    expects: ['every_request_was_decided', 'nobody_is_needed'],
  },
  {
    name: 'capture-before-confirm',
    bug: 'The money is taken before the order is known to be there for it.',
    edits: [
      {
        file: payments,
        find: `      const outcome = await confirmOrder(database, order)
      if (outcome === 'cancelled') return { outcome, captured: false }
      try {
        handOn(await capture(order, order.facts))
`,
        replace: `      handOn(await capture(order, order.facts))
      const outcome = await confirmOrder(database, order)
      if (outcome === 'cancelled') return { outcome, captured: false }
      try {
`,
      },
    ],
    caughtBy: 'sim',
    expects: ['payment_status_agrees_with_payment', 'our_books_are_true_at_the_gateway'],
  },
  {
    name: 'void-instead-of-refund',
    bug: 'An order that is given up lets go of its hold, also when the money was already taken.',
    edits: [
      {
        file: payments,
        find: '        return refundRest(orderId, intentId)\n',
        replace: "        return { kind: 'voided', intentId }\n",
      },
    ],
    caughtBy: 'sim',
    expects: ['captured_money_is_earned_or_returned', 'cancelled_order_owes_nothing'],
  },
  {
    name: 'refund-without-claim',
    bug: 'A refund looks whether there is enough left and claims nothing.',
    edits: [
      {
        file: 'store/refunds/hold.ts',
        find: 'update payments set refund_held_minor = refund_held_minor + $3, updated_at = now() where order_id = $2',
        replace: 'update payments set updated_at = now() where order_id = $2 and $3 > 0',
      },
      {
        file: 'store/refunds/settle.ts',
        find: 'refund_held_minor = refund_held_minor - s.claimed_minor, ',
        replace: '',
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '0.4', '--fault-count', '0'],
    expects: ['nobody_is_needed', 'claims_are_refunds_on_their_way', 'gateway_ledger_is_in_our_books'],
  },
  {
    name: 'refund-under-a-new-key',
    bug: 'Each attempt to pay a refund has a key of its own.',
    edits: [
      {
        file: 'activities/refunds.ts',
        find: 'key: refundKey(refundId, attempt)',
        replace: 'key: refundKey(`${refundId}-${Math.random()}`, attempt)',
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '0.5', '--faults', 'gateway-error-after,gateway-silent-after'],
    expects: ['gateway_ledger_is_in_our_books', 'gateway_gives_back_only_what_it_took', 'nobody_is_needed'],
  },
  {
    name: 'undo-given-up',
    bug: 'An undo that does not succeed within ten seconds is taken for done, and nobody is called.',
    edits: [
      {
        file: 'workflows/order-undo.ts',
        find: '    policy: moneyPolicy,',
        replace: "    policy: { ...moneyPolicy, scheduleToCloseTimeout: '10s' },",
      },
      {
        file: 'workflows/saga.ts',
        find: "      if ((await askPerson(undo.name, error)) === 'skip') return",
        replace: '      return void [askPerson, error]',
      },
    ],
    caughtBy: 'sim',
    expects: ['cancelled_order_owes_nothing', 'captured_money_is_earned_or_returned', 'hold_ends_with_its_order'],
  },
]
