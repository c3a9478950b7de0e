import { z } from 'zod'

export type Config = z.infer<typeof environment>

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535),
  /** Only containers need another address than this machine's own. */
  LISTEN_HOST: z.string().default('127.0.0.1'),
  DATABASE_FILE: z.string().min(1),
})

export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = environment.safeParse(env)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`The sandbox supplier cannot start with these settings. ${problems.join('; ')}`)
}
