import { hash, verify } from '@node-rs/argon2'

// argon2id with the least memory OWASP recommends: about 100 ms of one core for each guess.
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** A password is hashed as it came: neither trimmed nor normalised. */
export const hashPassword = (plain: string): Promise<string> => hash(plain, cost)

export const verifyPassword = (plain: string, passwordHash: string): Promise<boolean> => verify(passwordHash, plain)

let nobodysHash: Promise<string> | undefined

/** As dear as a real check, so that the time of an answer does not tell which addresses have an account. */
export async function verifyNobodysPassword(plain: string): Promise<false> {
  nobodysHash ??= hashPassword('no account has this password')
  await verifyPassword(plain, await nobodysHash)
  return false
}
