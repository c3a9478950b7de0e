import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow'

/**
 * The attempt a customer waits for, inside the workflow task: a statement of ours, or a gateway that answers at once. It
 * stays well below the ten seconds a workflow task may take.
 */
export const quickAttempt: LocalActivityOptions = {
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '6s',
  retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumAttempts: 3 },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
}

/**
 * The attempt that nobody waits for any more, while people may already ask for something: short enough that the task
 * ends before it has to report that it is still at work. Requests that come with such a report are what the engine is
 * least sure-footed in.
 */
export const briefAttempt: LocalActivityOptions = {
  ...quickAttempt,
  startToCloseTimeout: '1500ms',
  scheduleToCloseTimeout: '1500ms',
  retry: { maximumAttempts: 1 },
}

// Every patient policy waits for a cancelled attempt to end by itself. Otherwise an undo could overtake the act that it
// undoes; the time-outs of the clients below keep that wait short.
const patient = {
  startToCloseTimeout: '20s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
} satisfies ActivityOptions

/** Our own database: it is the truth, so there is no giving up on it. It is back as soon as it can be. */
export const databasePolicy: ActivityOptions = {
  ...patient,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
}

/** Someone else's money system, while a customer may still be waiting: after this long the order is given up and undone. */
export const authorizePolicy: ActivityOptions = {
  ...patient,
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
}

/** Money that must move, however long the other side is away: a capture that is owed, a hold or a charge to give back. */
export const moneyPolicy: ActivityOptions = {
  ...patient,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
}

/**
 * A look at everything: minutes on large books. One that cannot be had, because the gateway or the engine is away, is made
 * good by the next run.
 */
export const reconciliationPolicy: ActivityOptions = {
  startToCloseTimeout: '15m',
  heartbeatTimeout: '10s',
  scheduleToCloseTimeout: '30m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 8 },
}

/**
 * A supplier is asked again and again until it answers, at first soon and later every quarter of an hour. The story sets
 * how long.
 */
export const askSupplierPolicy: ActivityOptions = {
  ...patient,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '15m' },
}

/** A word to a supplier that is not worth waiting for: a reminder, or a withdrawal, which a sweep makes certain. */
export const supplierWordPolicy: ActivityOptions = {
  ...patient,
  scheduleToCloseTimeout: '90s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
}

/** What a sweep does not get done, the next one does. */
export const sweptPolicy: ActivityOptions = { ...patient, retry: { maximumAttempts: 1 } }

/**
 * Somebody else's server, which may be down for a weekend: at once, then 5 s, 15 s, 45 s, … and in the end every four
 * hours. How long it is tried in all is said where it is started.
 */
export const webhookPolicy: ActivityOptions = {
  startToCloseTimeout: '15s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '5s', backoffCoefficient: 3, maximumInterval: '4h' },
}

/** After this long, an effect that must succeed and does not calls for a person; it is tried on all the same. */
export const ATTENTION_AFTER = '2m'

/** How long a refund that the gateway refused waits for somebody to have it tried again. */
export const REFUSED_REFUND_WAITS = '30 days'

/** Views may be lost, and the next collection is a minute away: few attempts do. */
export const viewsPolicy: ActivityOptions = {
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 5 },
}

/** Minutes on a large shop. A night without a new version harms nobody. */
export const trainingPolicy: ActivityOptions = {
  startToCloseTimeout: '1h',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 5 },
}
