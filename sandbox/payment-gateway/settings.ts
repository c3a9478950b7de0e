import { z } from 'zod'

const rate = z.number().min(0).max(1)
const milliseconds = z.number().int().min(0).max(86_400_000)

const latency = z
  .strictObject({ min: milliseconds, max: milliseconds })
  .refine(({ min, max }) => min <= max, 'min must not be above max')

const faults = z.strictObject({
  /** 503, and nothing happened. */
  error_before: rate,
  /** 500, though it happened. */
  error_after: rate,
  /** It happened, and nobody says so. */
  silent_after: rate,
  /** Setting it starts the same sequence of chances again. */
  seed: z.number().int(),
})

const webhook = z.strictObject({
  /** The attempt gets lost on its way; the notice is tried again later like any other. */
  drop: rate,
  duplicate: rate,
  delay_ms: milliseconds,
  /** Each notice waits any part of `delay_ms`, so that they arrive out of order. */
  shuffle: z.boolean(),
})

export const settingsPatch = z.strictObject({
  latency_ms: latency.optional(),
  faults: faults.partial().optional(),
  webhook: webhook.partial().optional(),
  webhook_url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .optional(),
  dispute_delay_ms: milliseconds.optional(),
})

export type Settings = {
  latency_ms: z.infer<typeof latency>
  faults: z.infer<typeof faults>
  webhook: z.infer<typeof webhook>
  webhook_url: string | null
  dispute_delay_ms: number
}

/** Settings live in memory: a restart is back to good behaviour and to the address given at the start. */
export function initialSettings(webhookUrl: string | null): Settings {
  return {
    latency_ms: { min: 0, max: 0 },
    faults: { error_before: 0, error_after: 0, silent_after: 0, seed: 1 },
    webhook: { drop: 0, duplicate: 0, delay_ms: 0, shuffle: false },
    webhook_url: webhookUrl,
    dispute_delay_ms: 5_000,
  }
}

/** Changes the settings in place: everyone who was handed them sees the change. */
export function applyPatch(settings: Settings, patch: z.infer<typeof settingsPatch>): void {
  if (patch.latency_ms) settings.latency_ms = patch.latency_ms
  Object.assign(settings.faults, patch.faults)
  Object.assign(settings.webhook, patch.webhook)
  if (patch.webhook_url !== undefined) settings.webhook_url = patch.webhook_url
  if (patch.dispute_delay_ms !== undefined) settings.dispute_delay_ms = patch.dispute_delay_ms
}
