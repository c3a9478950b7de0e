import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from './stack-file.ts'
import { brokenState, readState } from './state-folder.ts'

const schema = z.object({
  postgresPassword: z.string().min(16),
  jwtSecret: z.string().min(32),
  /** In the form of the Standard Webhooks specification. */
  webhookSecret: z.string().startsWith('whsec_'),
  adminPassword: z.string().min(12),
})
export type Secrets = z.infer<typeof schema>

/** Made once with the state folder and kept with it: the database and issued tokens depend on them. */
export function openSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json')
  const kept = readState(file)
  if (kept === undefined) {
    if (existsSync(join(dataDir, 'postgres', 'data'))) {
      throw brokenState(`${file} is gone, and with it the password of the database beside it`)
    }
    const secrets = makeSecrets()
    writeWhole(file, `${JSON.stringify(secrets, null, 2)}\n`)
    return secrets
  }
  try {
    return schema.parse(JSON.parse(kept))
  } catch {
    throw brokenState(`${file} cannot be read: it is not what an earlier start wrote`)
  }
}

const makeSecrets = (): Secrets => ({
  postgresPassword: randomBytes(24).toString('base64url'),
  jwtSecret: randomBytes(48).toString('base64url'),
  webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
  adminPassword: randomBytes(15).toString('base64url'),
})
