/** Floor and product by turns, each first as often, so that whatever else the machine does hits both. */
export async function interleaved<Floor, Product>(
  rounds: number,
  { floor, product }: { floor: () => Promise<Floor>; product: () => Promise<Product> },
): Promise<{ floor: Floor[]; product: Product[] }> {
  const measured = { floor: [] as Floor[], product: [] as Product[] }
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) measured.floor.push(await floor())
    measured.product.push(await product())
    if (round % 2 === 1) measured.floor.push(await floor())
  }
  return measured
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  if (low === undefined || high === undefined) throw new Error('Nothing was measured')
  return (low + high) / 2
}
