import type { Saboteur } from './saboteur.ts'

/** Bugs that tell the world, a customer or a replay what is not so. */
export const tellingSaboteurs: readonly Saboteur[] = [
  {
    name: 'event-before-commit',
    bug: 'The world is told that the money was taken before it is.',
    edits: [
      {
        file: 'workflows/order-checkout.ts',
        find: `    const order = { orderId: input.orderId, ...hold, riskScore: score, facts: told }
`,
        replace: `    const order = { orderId: input.orderId, ...hold, riskScore: score, facts: told }
    facts.push({ type: 'payment.success' })
    await publish(story)
`,
      },
    ],
    caughtBy: 'sim',
    expects: ['every_event_has_its_fact'],
  },
  {
    name: 'event-with-two-ids',
    bug: 'An event gets a new id each time it is told, so telling it again is telling it twice.',
    edits: [
      {
        file: 'store/events.ts',
        find: "coalesce(f.subject_id, o.id) || ':' || f.type as id",
        replace: "gen_random_uuid() || ':' || f.type as id",
      },
    ],
    caughtBy: 'sim',
    expects: ['every_event_has_its_fact', 'every_fact_has_its_event'],
  },
  {
    name: 'clock-in-a-workflow',
    bug: 'A workflow decides by the clock of the machine, which shows another time when it is replayed.',
    edits: [
      {
        file: 'workflows/order-checkout.ts',
        find: "import { CancellationScope, condition } from '@temporalio/workflow'",
        replace: "import { CancellationScope, condition, sleep, workflowInfo } from '@temporalio/workflow'",
      },
      {
        file: 'workflows/order-checkout.ts',
        find: "  journey.move({ stage: 'Paying: asking the gateway to hold the money' })\n",
        replace: `  journey.move({ stage: 'Paying: asking the gateway to hold the money' })
  if (workflowInfo().unsafe.now() % 2 < 1) await sleep(1)
`,
      },
    ],
    caughtBy: 'sim',
    expects: ['replay differs'],
  },
  {
    name: 'answer-before-commit',
    bug: 'A checkout is answered 201 as soon as the order is there, before it is paid.',
    edits: [
      {
        file: 'api/commands/checkout.ts',
        find: "  if (order.status === 'pending') return false\n",
        replace: "  if (order.status === 'pending') return true\n",
      },
    ],
    caughtBy: 'sim',
    expects: ['it was answered as decided before it was'],
  },
  {
    name: 'notice-acted-on-twice',
    bug: 'A notice of the gateway that comes twice is acted on twice.',
    edits: [
      {
        file: 'store/payment-notices.ts',
        find: "return rows[0]?.handled ? 'handled' : 'due'",
        replace: "return rows.length === 0 ? 'handled' : 'due'",
      },
      {
        file: 'store/orders/dispute.ts',
        find: 'set disputed_minor = $2, updated_at = now()\n        where order_id = $1 and disputed_minor <> $2 and',
        replace: 'set disputed_minor = disputed_minor + $2, updated_at = now()\n        where order_id = $1 and',
      },
    ],
    caughtBy: 'sim',
    expects: ['dispute_reaches_a_person'],
    alsoRemoves: 'the amount being set, not added: noting a dispute again changes nothing',
  },
  {
    name: 'order-never-ends',
    bug: 'An order that is delivered goes on waiting at its desk.',
    edits: [
      {
        file: 'workflows/order.ts',
        find: "while (journey.status !== 'delivered') {",
        replace: "while (journey.status !== 'cancelled') {",
      },
    ],
    caughtBy: 'sim',
    expects: ['every_open_order_is_looked_after'],
  },
  {
    name: 'lost-for-the-streams',
    bug: 'Redis refuses an event, and it is marked as sent all the same.',
    edits: [{ file: 'store/events.ts', find: '  if (failure) throw failure\n', replace: '  void failure\n' }],
    caughtBy: 'chaos',
    args: ['--minutes', '0.6', '--faults', 'cut-redis,pause-redis,hang-redis', '--fault-count', '8'],
    expects: ['every_event_is_in_its_stream'],
  },
]
