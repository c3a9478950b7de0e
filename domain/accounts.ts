/**
 * One person, one account: `Ada@Example.com`, `ada@example.com` and a look-alike in full-width letters are the same
 * address. What is stored, compared and searched for is always this form.
 */
export const normalizeName = (text: string): string => text.normalize('NFKC').trim().toLowerCase()
