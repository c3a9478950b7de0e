import { flagAftercare, remindOfAftercare, unflagAftercare } from '../store/aftercare.ts'
import type { Database } from '../store/database.ts'
import * as returns from '../store/returns/index.ts'

type OfReturn = { returnId: string; orderId: string }

/** What a return does to our books; its money goes back by a refund. Each is one transaction, and may be repeated. */
export const createReturnActivities = ({ database }: { database: Database }) => ({
  openReturn: (request: returns.ReturnRequest) => returns.openReturn(database, request),
  decideReturn: (decision: returns.ReturnDecision & OfReturn) => returns.decideReturn(database, decision),
  cancelReturn: (cancellation: OfReturn & { by: string; reason: string }) =>
    returns.cancelReturn(database, cancellation),
  receiveReturn: (receipt: returns.ReturnReceipt & OfReturn) => returns.receiveReturn(database, receipt),
  expireReturn: (expired: OfReturn) => returns.expireReturn(database, expired),
  oweReturn: (owed: OfReturn) => returns.oweReturn(database, owed),
  settleReturn: (settled: OfReturn) => returns.settleReturn(database, settled),
  remindOfReturn: ({ returnId }: OfReturn) => remindOfAftercare(database, 'return', returnId),
  flagReturn: ({ returnId: id, why }: OfReturn & { why: string }) => flagAftercare(database, 'return', { id, why }),
  unflagReturn: ({ returnId }: OfReturn) => unflagAftercare(database, 'return', returnId),
})
