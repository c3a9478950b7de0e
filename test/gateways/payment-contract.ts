import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GatewayRefused, InvalidNotice, type PaymentGateway, type PaymentNotice } from '../../gateways/payment/port.ts'
import { GatewayUnavailable } from '../../gateways/unavailable.ts'

export type Operation = 'authorize' | 'capture' | 'void' | 'refund'

/** One gateway with the levers a test needs on its far side. */
export type GatewayUnderTest = {
  gateway: PaymentGateway
  tokens: { good: string; declined: string; insufficientFunds: string; customerAction: string; risky: string }
  /** The next call of this kind has its effect, and its answer never comes. */
  loseNextAnswer(operation: Operation): Promise<void>
  /** The next call of this kind is answered 5xx, and nothing happens. */
  failNext(operation: Operation): Promise<void>
  answerAction(intentId: string, outcome: 'succeed' | 'fail'): Promise<void>
  countAuthorizations(orderId: string): Promise<number>
  countCaptures(orderId: string): Promise<number>
  countRefunds(orderId: string): Promise<number>
  /** A genuine notice about the intent, sent now or `ageSeconds` ago, or signed by somebody else. */
  notice(
    type: PaymentNotice['type'] | 'unheard_of',
    intentId: string,
    options?: { ageSeconds?: number; forged?: boolean },
  ): Promise<{ body: string; headers: Headers }>
  close(): Promise<void>
}

const amountMinor = 2_500
const currency = 'USD'

/** What every payment gateway promises the shop, whoever stands behind it. */
export function paymentContract(name: string, open: () => Promise<GatewayUnderTest>): void {
  describe(`${name} keeps the shop's contract`, () => {
    let far: GatewayUnderTest
    let gateway: PaymentGateway
    beforeAll(async () => {
      far = await open()
      gateway = far.gateway
    })
    afterAll(() => far.close())

    const newOrder = () => {
      const orderId = `ord_${randomUUID()}`
      return { orderId, key: `${orderId}:authorize`, amountMinor, currency, token: far.tokens.good }
    }
    const authorized = async () => {
      const order = newOrder()
      return { ...order, intentId: (await gateway.authorize(order)).id }
    }
    const captured = async () => {
      const order = await authorized()
      await gateway.capture({ key: `${order.orderId}:capture`, intentId: order.intentId, amountMinor })
      return order
    }

    test('a hold takes no money until it is captured', async () => {
      const order = newOrder()
      const held = await gateway.authorize(order)
      expect(held).toMatchObject({
        status: 'authorized',
        orderId: order.orderId,
        amountMinor,
        currency,
        capturedMinor: 0,
      })
      const taken = await gateway.capture({ key: `${order.orderId}:capture`, intentId: held.id, amountMinor })
      expect(taken).toMatchObject({ id: held.id, status: 'captured', capturedMinor: amountMinor, refundedMinor: 0 })
      expect(await gateway.getIntent(held.id)).toEqual(taken)
    })

    test('an authorization repeated many times at once holds the money once', async () => {
      const order = newOrder()
      const answers = await Promise.all(Array.from({ length: 20 }, () => insist(() => gateway.authorize(order))))
      expect(new Set(answers.map((answer) => answer.id)).size).toBe(1)
      expect(await far.countAuthorizations(order.orderId)).toBe(1)
    })

    test('a repeated authorization tells how the payment stands now', async () => {
      const order = await captured()
      expect(await gateway.authorize(order)).toMatchObject({ id: order.intentId, status: 'captured' })
    })

    test('a key is not good for another amount', async () => {
      const order = await authorized()
      await expect(gateway.authorize({ ...order, amountMinor: amountMinor + 1 })).rejects.toThrow(GatewayRefused)
      expect(await far.countAuthorizations(order.orderId)).toBe(1)
    })

    test('a declined card is an answer with a reason, and stays declined', async () => {
      const declined = { ...newOrder(), token: far.tokens.declined }
      const answer = await gateway.authorize(declined)
      expect(answer).toMatchObject({ status: 'declined', declineCode: 'card_declined', capturedMinor: 0 })
      expect(await gateway.authorize(declined)).toMatchObject({ id: answer.id, status: 'declined' })
      const poor = await gateway.authorize({ ...newOrder(), token: far.tokens.insufficientFunds })
      expect(poor).toMatchObject({ status: 'declined', declineCode: 'insufficient_funds' })
      expect(await far.countAuthorizations(declined.orderId)).toBe(0)
    })

    test('the risk is told between 0 and 1', async () => {
      const risky = await gateway.authorize({ ...newOrder(), token: far.tokens.risky })
      expect(risky.status).toBe('authorized')
      expect(risky.riskScore).toBeGreaterThan(0.5)
      expect(risky.riskScore).toBeLessThanOrEqual(1)
      expect((await gateway.authorize(newOrder())).riskScore).toBeLessThan(0.5)
    })

    test('a customer who proves who they are has the money held, one who fails is declined', async () => {
      for (const [outcome, status] of [
        ['succeed', 'authorized'],
        ['fail', 'declined'],
      ] as const) {
        const asked = await gateway.authorize({ ...newOrder(), token: far.tokens.customerAction })
        expect(asked).toMatchObject({ status: 'requires_action', actionUrl: expect.stringMatching(/^https?:/) })
        await far.answerAction(asked.id, outcome)
        const settled = await gateway.getIntent(asked.id)
        expect(settled.status).toBe(status)
        expect(settled.actionUrl).toBeUndefined()
      }
    })

    test('a capture repeated takes the money once', async () => {
      const { orderId, intentId } = await authorized()
      const request = { key: `${orderId}:capture`, intentId, amountMinor }
      await Promise.all([1, 2, 3].map(() => insist(() => gateway.capture(request))))
      expect(await gateway.capture(request)).toMatchObject({ status: 'captured', capturedMinor: amountMinor })
      expect(await far.countCaptures(orderId)).toBe(1)
    })

    test('less than the hold may be captured, and the rest does not count as refunded', async () => {
      const { orderId, intentId } = await authorized()
      const taken = await gateway.capture({ key: `${orderId}:capture`, intentId, amountMinor: 1_000 })
      expect(taken).toMatchObject({ status: 'captured', capturedMinor: 1_000, refundedMinor: 0 })
    })

    test('no more than the hold is ever captured', async () => {
      const { orderId, intentId } = await authorized()
      const tooMuch = { key: `${orderId}:capture`, intentId, amountMinor: amountMinor + 1 }
      await expect(gateway.capture(tooMuch)).rejects.toThrow(GatewayRefused)
      expect(await gateway.getIntent(intentId)).toMatchObject({ status: 'authorized', capturedMinor: 0 })
    })

    test('a hold that was let go of cannot be captured, and letting go again is no error', async () => {
      const { orderId, intentId } = await authorized()
      const voided = await gateway.void({ key: `${orderId}:void`, intentId })
      expect(voided).toMatchObject({ status: 'voided', capturedMinor: 0, refundedMinor: 0 })
      expect(await gateway.void({ key: `${orderId}:void`, intentId })).toEqual(voided)
      expect(await gateway.void({ key: `${orderId}:void-again`, intentId })).toMatchObject({ status: 'voided' })
      await expect(gateway.capture({ key: `${orderId}:capture`, intentId, amountMinor })).rejects.toThrow(
        GatewayRefused,
      )
    })

    test('money that was taken is not voided but refunded', async () => {
      const { orderId, intentId } = await captured()
      await expect(gateway.void({ key: `${orderId}:void`, intentId })).rejects.toThrow(GatewayRefused)
      expect(await gateway.getIntent(intentId)).toMatchObject({ status: 'captured', capturedMinor: amountMinor })
    })

    test('refunds add up to no more than was captured', async () => {
      const { orderId, intentId } = await captured()
      const refund = (n: number, amount: number) =>
        gateway.refund({ key: `${orderId}:refund:${n}`, intentId, amountMinor: amount })
      expect(await refund(1, 1_000)).toMatchObject({ intentId, amountMinor: 1_000, currency })
      await refund(2, 1_500)
      await expect(refund(3, 1)).rejects.toThrow(GatewayRefused)
      expect(await gateway.getIntent(intentId)).toMatchObject({ status: 'captured', refundedMinor: amountMinor })
    })

    test('a refund repeated pays the customer once', async () => {
      const { orderId, intentId } = await captured()
      const request = { key: `${orderId}:refund:1`, intentId, amountMinor: 700 }
      const [first, second] = await Promise.all([1, 2].map(() => insist(() => gateway.refund(request))))
      expect(first?.id).toBe(second?.id)
      expect(await far.countRefunds(orderId)).toBe(1)
    })

    test('a refund that was refused pays nothing once its key is closed, however late a copy of it arrives', async () => {
      const { orderId, intentId } = await authorized()
      const early = { key: `${orderId}:refund:1`, intentId, amountMinor: 900 }
      await expect(gateway.refund(early)).rejects.toThrow(GatewayRefused)
      expect(await gateway.closeRefundKey(early)).toBeUndefined()
      await gateway.capture({ key: `${orderId}:capture`, intentId, amountMinor })
      await expect(gateway.refund(early)).rejects.toThrow(GatewayRefused)
      expect(await gateway.closeRefundKey(early)).toBeUndefined()
      expect(await far.countRefunds(orderId)).toBe(0)
    })

    test('closing the key of a refund that went out tells which', async () => {
      const { orderId, intentId } = await captured()
      const request = { key: `${orderId}:refund:1`, intentId, amountMinor: 900 }
      const { id } = await gateway.refund(request)
      expect(await gateway.closeRefundKey(request)).toMatchObject({ id, amountMinor: 900 })
      expect(await far.countRefunds(orderId)).toBe(1)
    })

    test('nothing is refunded before it was captured', async () => {
      const { orderId, intentId } = await authorized()
      const early = { key: `${orderId}:refund:1`, intentId, amountMinor }
      await expect(gateway.refund(early)).rejects.toThrow(GatewayRefused)
    })

    test('a payment nobody knows is refused for good', async () => {
      await expect(gateway.getIntent('pi_unknown')).rejects.toThrow(GatewayRefused)
      await expect(gateway.void({ key: randomUUID(), intentId: 'pi_unknown' })).rejects.toThrow(GatewayRefused)
    })

    test('an authorization whose answer got lost is found by its key', async () => {
      const order = newOrder()
      expect(await gateway.findIntentByKey(order.key)).toBeUndefined()
      await far.loseNextAnswer('authorize')
      await expect(gateway.authorize(order)).rejects.toThrow(GatewayUnavailable)
      expect(await gateway.findIntentByKey(order.key)).toMatchObject({ orderId: order.orderId, status: 'authorized' })
      expect(await gateway.authorize(order)).toMatchObject({ status: 'authorized' })
      expect(await far.countAuthorizations(order.orderId)).toBe(1)
    })

    test('a capture and a refund whose answers got lost are repeated without taking or paying twice', async () => {
      const { orderId, intentId } = await authorized()
      const capture = { key: `${orderId}:capture`, intentId, amountMinor }
      await far.loseNextAnswer('capture')
      await expect(gateway.capture(capture)).rejects.toThrow(GatewayUnavailable)
      expect(await gateway.capture(capture)).toMatchObject({ capturedMinor: amountMinor })
      const refund = { key: `${orderId}:refund:1`, intentId, amountMinor: 900 }
      await far.loseNextAnswer('refund')
      await expect(gateway.refund(refund)).rejects.toThrow(GatewayUnavailable)
      expect(await gateway.refund(refund)).toMatchObject({ amountMinor: 900 })
      expect([await far.countCaptures(orderId), await far.countRefunds(orderId)]).toEqual([1, 1])
    })

    test('a gateway in trouble may be asked again', async () => {
      const order = newOrder()
      await far.failNext('authorize')
      await expect(gateway.authorize(order)).rejects.toThrow(GatewayUnavailable)
      expect(await gateway.authorize(order)).toMatchObject({ status: 'authorized' })
    })

    test('a closed key never holds money, however late the authorization arrives', async () => {
      const order = newOrder()
      expect(await gateway.closeKey(order.key)).toBeUndefined()
      await expect(gateway.authorize(order)).rejects.toThrow(GatewayRefused)
      expect(await gateway.closeKey(order.key)).toBeUndefined()
      expect(await gateway.findIntentByKey(order.key)).toBeUndefined()
      expect(await far.countAuthorizations(order.orderId)).toBe(0)
    })

    test('closing a used key tells what happened under it', async () => {
      const order = await authorized()
      expect(await gateway.closeKey(order.key)).toMatchObject({ id: order.intentId, status: 'authorized' })
      const declined = { ...newOrder(), token: far.tokens.declined }
      await gateway.authorize(declined)
      expect(await gateway.closeKey(declined.key)).toMatchObject({ status: 'declined' })
    })

    test('closing a key while its authorization is on the way ends in one truth', async () => {
      for (let round = 0; round < 15; round++) {
        const order = newOrder()
        const authorizing = () => insist(() => gateway.authorize(order)).catch((error) => error)
        const early = round % 2 === 0 ? authorizing() : undefined
        const [closed, authorized] = await Promise.all([
          insist(() => gateway.closeKey(order.key)),
          early ?? authorizing(),
        ])
        if (closed) expect(authorized).toMatchObject({ id: closed.id, status: 'authorized' })
        else expect(authorized).toBeInstanceOf(GatewayRefused)
        expect(await far.countAuthorizations(order.orderId)).toBe(closed ? 1 : 0)
      }
    })

    test.each([
      'payment.authorized',
      'payment.declined',
      'payment.captured',
      'payment.voided',
      'payment.refunded',
      'payment.disputed',
      'payment.dispute_won',
      'payment.dispute_lost',
    ] as const)('a genuine notice of %s is read', async (type) => {
      const { intentId, orderId } = await captured()
      const { body, headers } = await far.notice(type, intentId)
      const notice = gateway.readNotice(body, headers)
      expect(notice).toMatchObject({ type, intentId, currency, id: expect.stringMatching(/.+/) })
      expect(notice?.amountMinor).toBeGreaterThan(0)
      expect([orderId, undefined]).toContain(notice?.orderId)
    })

    test('a notice that is altered, old, signed by another or not signed at all is not believed', async () => {
      const { intentId } = await captured()
      const genuine = await far.notice('payment.captured', intentId)
      const old = await far.notice('payment.captured', intentId, { ageSeconds: 3_600 })
      const forged = await far.notice('payment.captured', intentId, { forged: true })
      const altered = genuine.body.replace(intentId, 'pi_another')
      expect(() => gateway.readNotice(altered, genuine.headers)).toThrow(InvalidNotice)
      expect(() => gateway.readNotice(old.body, old.headers)).toThrow(InvalidNotice)
      expect(() => gateway.readNotice(forged.body, forged.headers)).toThrow(InvalidNotice)
      expect(() => gateway.readNotice(genuine.body, new Headers())).toThrow(InvalidNotice)
    })

    test('a genuine notice of something we do not follow is passed over', async () => {
      const { intentId } = await authorized()
      const { body, headers } = await far.notice('unheard_of', intentId)
      expect(gateway.readNotice(body, headers)).toBeUndefined()
    })
  })
}

/** Asks again while there is no answer, as a workflow does. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof GatewayUnavailable)) throw error
    }
  }
}
