import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeCredentials } from '../../store/users.ts'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
})
afterAll(() => shop.close())

const password = ' correct horse battery '
const register = (fields: object) =>
  shop.ask('POST', '/v1/auth/register', {
    body: { username: 'nobody', email: 'nobody@example.com', password, ...fields },
  })
const login = (email: string, word = password) =>
  shop.ask('POST', '/v1/auth/login', { body: { email, password: word } })
const refresh = (token: string) => shop.ask('POST', '/v1/auth/refresh', { body: { refresh_token: token } })
const me = (token: string) => shop.ask('GET', '/v1/me', { token })

test('whoever registers can sign in and see themselves, and nobody sees the password', async () => {
  const registered = await register({ username: 'Ada', email: 'Ada@Example.com', profile: { first_name: 'Ada' } })
  expect(registered.status).toBe(201)
  expect(registered.body).toMatchObject({
    username: 'ada',
    email: 'ada@example.com',
    role: 'user',
    profile: { first_name: 'Ada' },
  })
  expect(registered.text).not.toMatch(/password|hash/)

  const signedIn = await login('ADA@example.com')
  expect(signedIn.body).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
  expect(signedIn.headers.get('cache-control')).toBe('no-store')
  expect((await me(signedIn.body.access_token)).body).toEqual(registered.body)
})

test('one address is one account, however it is written', async () => {
  await register({ username: 'grace', email: 'grace@example.com' })
  let others = 0
  for (const email of ['GRACE@example.com', ' grace@example.com ', 'ｇrace@example.com']) {
    const { status, body } = await register({ username: `other-${++others}`, email })
    expect([status, body.code], email).toEqual([409, 'email_taken'])
  }
  const { status, body } = await register({ username: 'ＧRACE', email: 'g@example.com' })
  expect([status, body.code]).toEqual([409, 'username_taken'])
})

test('nobody registers as staff', async () => {
  for (const field of [{ role: 'admin' }, { id: 'usr_1' }, { token_version: 9 }]) {
    const { status, body } = await register({ username: 'mallory', email: 'mallory@example.com', ...field })
    expect([status, body.errors[0].message]).toEqual([422, 'Unknown field'])
  }
})

test.each([
  ['7 characters', '1234567', 422],
  ['129 characters', 'x'.repeat(129), 422],
  ['10,000 characters', 'x'.repeat(10_000), 422],
  ['a NUL', 'abcdefgh\u0000', 422],
  ['64 characters', 'x'.repeat(64), 201],
])('a password of %s is answered well', async (name, word, status) => {
  const answer = await register({
    username: name,
    email: `${encodeURIComponent(name)}@example.com`.replaceAll('%', 'p'),
    password: word,
  })
  expect(answer.status).toBe(status)
})

test('a wrong password and an unknown address sound the same, and take about as long', async () => {
  await register({ username: 'linus', email: 'linus@example.com' })
  const timed = async (email: string) => {
    const startedAt = performance.now()
    const answer = await login(email, 'wrong password')
    return { answer, tookMs: performance.now() - startedAt }
  }
  const known = []
  const unknown = []
  // By turns: what else this machine does meanwhile slows both alike.
  for (let round = 0; round < 9; round++) {
    known.push(await timed('linus@example.com'))
    unknown.push(await timed('nobody-at-all@example.com'))
  }
  for (const { answer } of [...known, ...unknown])
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_credentials'])
  const medianMs = (tries: { tookMs: number }[]) => tries.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)[4] ?? 0
  expect(medianMs(unknown) / medianMs(known)).toBeGreaterThan(0.5)
  expect(medianMs(unknown) / medianMs(known)).toBeLessThan(2)
})

test('a refresh token is good once; the second use signs the device out and no other', async () => {
  await register({ username: 'alan', email: 'alan@example.com' })
  const phone = (await login('alan@example.com')).body
  const laptop = (await login('alan@example.com')).body
  const renewed = await refresh(phone.refresh_token)
  expect(renewed.status).toBe(200)
  expect(renewed.body.refresh_token).not.toBe(phone.refresh_token)

  expect((await refresh(phone.refresh_token)).status).toBe(401)
  expect((await refresh(renewed.body.refresh_token)).status).toBe(401)
  expect((await refresh(laptop.refresh_token)).status).toBe(200)
})

test('of two uses of a refresh token at once, one at most succeeds', async () => {
  await register({ username: 'barbara', email: 'barbara@example.com' })
  const { refresh_token } = (await login('barbara@example.com')).body
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(refresh_token)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('signing out ends the refresh token, and signing out twice is no mistake', async () => {
  await register({ username: 'ken', email: 'ken@example.com' })
  const { refresh_token } = (await login('ken@example.com')).body
  const logout = () => shop.ask('POST', '/v1/auth/logout', { body: { refresh_token } })
  expect([(await logout()).status, (await logout()).status]).toEqual([204, 204])
  expect((await refresh(refresh_token)).status).toBe(401)
})

test('an access token is no refresh token, nor the reverse', async () => {
  await register({ username: 'edsger', email: 'edsger@example.com' })
  const { access_token, refresh_token } = (await login('edsger@example.com')).body
  expect((await me(refresh_token)).status).toBe(401)
  expect([401, 422]).toContain((await refresh(access_token)).status)
})

test('a changed role counts at once: tokens given out before are worthless', async () => {
  const clerk = await shop.signUp('manager')
  expect((await shop.ask('GET', `/v1/inventory/${await shop.product()}`, { token: clerk.token })).status).toBe(200)
  await changeCredentials(shop.database, clerk.id, { role: 'user' })
  const { status, headers, body } = await me(clerk.token)
  expect([status, body.code]).toEqual([401, 'unauthenticated'])
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"')
})

test('people change what is theirs to change', async () => {
  const { token, email } = await shop.signUp('user')
  const change = (body: object) => shop.ask('PATCH', '/v1/me', { token, body })
  const changed = await change({ profile: { city: 'Paris' }, preferences: { newsletter: true } })
  expect(changed.body).toMatchObject({ email, profile: { city: 'Paris' }, preferences: { newsletter: true } })
  expect((await change({ username: shop.admin.username })).body.code).toBe('username_taken')
  for (const field of [{ role: 'admin' }, { email: 'x@example.com' }, { created_at: '2020-01-01T00:00:00Z' }])
    expect((await change(field)).status).toBe(422)
  expect((await me(token)).body.role).toBe('user')
})

test('an invalid address is refused, word for word', async () => {
  for (const email of [
    '',
    'ada',
    'ada@',
    'ada@example',
    'a b@example.com',
    { $gt: '' },
    `${'x'.repeat(250)}@example.com`,
  ]) {
    const { status, body } = await register({ username: 'someone', email })
    expect([status, body.errors[0].path], JSON.stringify(email)).toEqual([422, 'email'])
  }
})

const secret = new TextEncoder().encode('a secret of at least thirty-two characters')
type Forgery = { alg?: string; typ?: string; key?: Uint8Array; claims?: Record<string, unknown>; header?: object }

async function forge({ alg = 'HS256', typ = 'at+jwt', key = secret, claims = {}, header = {} }: Forgery) {
  const now = Math.floor(Date.now() / 1_000)
  const payload = {
    iss: 'holdfast',
    aud: 'holdfast-api',
    sub: shop.admin.id,
    ver: 0,
    iat: now,
    exp: now + 600,
    ...claims,
  }
  return new SignJWT(payload).setProtectedHeader({ alg, typ, ...header }).sign(key)
}
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsigned = (alg: string) =>
  `${encode({ alg, typ: 'at+jwt' })}.${encode({ sub: shop.admin.id, iss: 'holdfast', aud: 'holdfast-api', ver: 0, iat: 1, exp: 9e9 })}.`
const now = () => Math.floor(Date.now() / 1_000)

test('a token made as ours are made is accepted, so the refusals below mean something', async () => {
  expect((await me(await forge({}))).status).toBe(200)
})

test.each<[string, () => string | Promise<string>]>([
  ['alg none', () => unsigned('none')],
  ['alg NoNe', () => unsigned('NoNe')],
  ['no signature', async () => (await forge({})).replace(/[^.]+$/, '')],
  ['two parts', async () => (await forge({})).split('.').slice(0, 2).join('.')],
  ['another key', () => forge({ key: new TextEncoder().encode('another secret of thirty-two characters!') })],
  ['another algorithm', () => forge({ alg: 'HS512' })],
  ['another type', () => forge({ typ: 'JWT' })],
  ['a path for a key id, and another key', () => forge({ header: { kid: '../../dev/null' }, key: new Uint8Array(32) })],
  ['a critical extension', () => forge({ header: { crit: ['x'], x: 1 } }).catch(() => 'unsignable')],
  ['its end in the past', () => forge({ claims: { iat: now() - 700, exp: now() - 100 } })],
  ['no end', () => forge({ claims: { exp: undefined } })],
  ['an end beyond all days', () => forge({ claims: { exp: 1e15 } })],
  ['its start in the future', () => forge({ claims: { nbf: now() + 300 } })],
  ['a birth in the future', () => forge({ claims: { iat: now() + 300, exp: now() + 900 } })],
  ['no birth', () => forge({ claims: { iat: undefined } })],
  ['another audience', () => forge({ claims: { aud: 'elsewhere' } })],
  ['another issuer', () => forge({ claims: { iss: 'elsewhere' } })],
  ['nobody as subject', () => forge({ claims: { sub: undefined } })],
  ['an unknown subject', () => forge({ claims: { sub: 'usr_0193f1a2-7c3e-7d43-8a52-4f3a5b6c7d8e' } })],
  ['another version', () => forge({ claims: { ver: 1 } })],
  ['a version in words', () => forge({ claims: { ver: '0' } })],
  ['nothing', () => ''],
  ['rubbish', () => 'a.b.c'],
])('a token with %s opens nothing', async (_, token) => {
  const { status, body } = await me(await token())
  expect([status, body.code]).toEqual([401, 'unauthenticated'])
})

test('whoever is turned away hears whether to sign in again, to look at a clock, or that the token is not ours', async () => {
  const gone = 'usr_0193f1a2-7c3e-7d43-8a52-4f3a5b6c7d8e'
  const whys: [Promise<string>, string][] = [
    [forge({ claims: { iat: now() - 700, exp: now() - 100 } }), 'The access token has expired; sign in again'],
    [forge({ claims: { iat: now() - 960 } }), 'The access token has expired; sign in again'],
    [forge({ claims: { iat: now() + 60 } }), 'By the clock of this server the access token is not good yet'],
    [forge({ claims: { nbf: now() + 60 } }), 'By the clock of this server the access token is not good yet'],
    [forge({ claims: { sub: gone } }), 'The access token was revoked, or its account is gone; sign in again'],
    [forge({ claims: { aud: 'elsewhere' } }), 'This is not an access token of this shop'],
    [forge({ key: new TextEncoder().encode('x'.repeat(40)) }), 'This is not an access token of this shop'],
  ]
  for (const [token, detail] of whys)
    expect((await me(await token)).body).toMatchObject({ code: 'unauthenticated', detail })
})

test('a token counts only as a bearer token', async () => {
  const token = await forge({})
  for (const authorization of [token, `Basic ${token}`, `Bearer  ${token} x`])
    expect((await shop.ask('GET', '/v1/me', { headers: { authorization } })).status).toBe(401)
  expect((await shop.ask('GET', `/v1/me?access_token=${token}`)).status).toBe(401)
})
