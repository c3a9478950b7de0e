import { z } from 'zod'

export type Config = z.infer<typeof environment>

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535),
  /** Only containers need another address than this machine's own. */
  LISTEN_HOST: z.string().default('127.0.0.1'),
  DATABASE_FILE: z.string().min(1),
  WEBHOOK_URL: z.preprocess((value) => value || null, z.url({ protocol: /^https?$/ }).nullable()),
  WEBHOOK_SECRET: z
    .string()
    .regex(
      /^whsec_[A-Za-z0-9+/]{16,}={0,2}$/,
      'must be "whsec_" and at least 12 bytes in base64, as Standard Webhooks has it',
    ),
})

export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = environment.safeParse(env)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`The sandbox payment gateway cannot start with these settings. ${problems.join('; ')}`)
}
