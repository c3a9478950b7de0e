import { confirmOrder, placeOrder } from '../../store/orders/index.ts'
import { openDatabase } from '../../store/database.ts'
import { inParallel } from '../../shopper/http.ts'
import { answerTasks, settingsOfHelper } from '../helper-process.ts'

export type TransactionTask = { orderIds: string[] }
export type TransactionSettings = { databaseUrl: string; atOnce: number }

const { databaseUrl, atOnce } = settingsOfHelper<TransactionSettings>()
const database = openDatabase({ url: databaseUrl, poolSize: atOnce })

/** Places and confirms orders as the activities do, and answers how many of them a second. */
answerTasks(
  async ({ orderIds }: TransactionTask): Promise<number> => {
    const startedAt = performance.now()
    await inParallel(orderIds, atOnce, async (orderId) => {
      const placed = await placeOrder(database, orderId)
      const paid = await confirmOrder(database, { orderId, intentId: `pi_${orderId}`, riskScore: 0.1 })
      if (placed.outcome !== 'placed' || paid !== 'paid') throw new Error(`${orderId}: ${placed.outcome}, ${paid}`)
    })
    return (orderIds.length / (performance.now() - startedAt)) * 1_000
  },
  () => database.end(),
)
