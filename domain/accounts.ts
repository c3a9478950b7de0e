import { Problem } from './problems.ts'

/**
 * One person, one account: `Ada@Example.com`, `ada@example.com` and a look-alike in full-width letters are the same
 * address. What is stored, compared and searched for is always this form.
 */
export const normalizeName = (text: string): string => text.normalize('NFKC').trim().toLowerCase()

const refusals = {
  not_ours: 'This is not an access token of this shop',
  expired: 'The access token has expired; sign in again',
  too_early: 'By the clock of this server the access token is not good yet',
  revoked: 'The access token was revoked, or its account is gone; sign in again',
}
export type TokenRefusal = keyof typeof refusals

/** A token was sent, and opens nothing. */
export const refusedToken = (why: TokenRefusal) => new Problem('unauthenticated', { detail: refusals[why] })
