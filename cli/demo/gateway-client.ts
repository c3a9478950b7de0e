export type GatewayLedger = ('authorization' | 'capture' | 'void' | 'refund' | 'dispute' | 'reinstatement')[]

export type LedgerEntry = { id: string; type: GatewayLedger[number]; amount: number; currency: string }

export async function ledgerOf(gatewayUrl: string, orderId: string): Promise<LedgerEntry[]> {
  const response = await fetch(new URL(`/v1/ledger?${new URLSearchParams({ order_id: orderId })}`, gatewayUrl))
  return ((await response.json()) as { data: LedgerEntry[] }).data
}

/** The customer answers their bank's question, at the address the order gave them. */
export async function answerBank(url: string, outcome: 'succeed' | 'fail'): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ outcome }),
  })
  return response.status
}
