/** So many columns are taken off at once: small enough for the nearest cache, large enough to be worth the walk. */
const BLOCK = 64

/**
 * Inverts a symmetric positive definite matrix in its place. Only the lower triangle is read and written: row `i` stands
 * from `i * n`. Each block of columns is swept out of the rest, which is Gauss-Jordan without pivoting; a matrix with a
 * ridge on its diagonal needs none. n³ / 2 multiplications, nearly all of them in `subtractProducts`.
 */
export function invertInPlace(matrix: Float64Array, n: number): void {
  const left = new Float64Array(n * BLOCK)
  const right = new Float64Array(n * BLOCK)
  for (let first = 0; first < n; first += BLOCK) {
    const width = Math.min(BLOCK, n - first)
    takeColumns(matrix, n, { first, width }, right)
    const inverse = invertSmall(right.slice(first * BLOCK, (first + width) * BLOCK), width)
    multiply(right, inverse, left, { n, width })
    // The block itself takes no part in the update of the others.
    right.fill(0, first * BLOCK, (first + width) * BLOCK)
    left.fill(0, first * BLOCK, (first + width) * BLOCK)
    for (let from = 0; from < n; from += BLOCK)
      subtractProducts(matrix, n, { left, right, from, to: Math.min(n, from + BLOCK) })
    putColumns(matrix, n, { first, width }, { left, inverse })
  }
  for (let row = 0; row < n; row++)
    for (let at = row * n; at <= row * n + row; at++) matrix[at] = -(matrix[at] as number)
}

type Columns = { first: number; width: number }

function takeColumns(matrix: Float64Array, n: number, { first, width }: Columns, into: Float64Array): void {
  into.fill(0)
  for (let row = 0; row < n; row++)
    for (let k = 0; k < width; k++) {
      const column = first + k
      into[row * BLOCK + k] = matrix[row >= column ? row * n + column : column * n + row] as number
    }
}

function putColumns(
  matrix: Float64Array,
  n: number,
  { first, width }: Columns,
  { left, inverse }: { left: Float64Array; inverse: Float64Array },
): void {
  for (let k = 0; k < width; k++) {
    const column = first + k
    for (let row = 0; row < first; row++) matrix[column * n + row] = left[row * BLOCK + k] as number
    for (let row = first + width; row < n; row++) matrix[row * n + column] = left[row * BLOCK + k] as number
    for (let other = 0; other <= k; other++)
      matrix[column * n + first + other] = -(inverse[k * BLOCK + other] as number)
  }
}

/** The same sweep, one column at a time, of a block with rows of `BLOCK`. */
function invertSmall(block: Float64Array, width: number): Float64Array {
  for (let pivot = 0; pivot < width; pivot++) {
    const scale = 1 / (block[pivot * BLOCK + pivot] as number)
    for (let row = 0; row < width; row++) {
      if (row === pivot) continue
      const factor = (block[row * BLOCK + pivot] as number) * scale
      for (let k = 0; k < width; k++)
        if (k !== pivot)
          block[row * BLOCK + k] = (block[row * BLOCK + k] as number) - factor * (block[pivot * BLOCK + k] as number)
      block[row * BLOCK + pivot] = -factor
    }
    for (let k = 0; k < width; k++)
      block[pivot * BLOCK + k] = k === pivot ? scale : (block[pivot * BLOCK + k] as number) * scale
  }
  return block
}

function multiply(
  columns: Float64Array,
  inverse: Float64Array,
  into: Float64Array,
  { n, width }: { n: number; width: number },
): void {
  for (let row = 0; row < n; row++)
    for (let k = 0; k < width; k++) {
      let sum = 0
      for (let m = 0; m < width; m++) sum += (columns[row * BLOCK + m] as number) * (inverse[k * BLOCK + m] as number)
      into[row * BLOCK + k] = sum
    }
}

type Update = { left: Float64Array; right: Float64Array; from: number; to: number }

/** `matrix[i][j] -= left[i] · right[j]` for the columns from `from`. Two rows by four columns at a time stay in registers. */
function subtractProducts(matrix: Float64Array, n: number, { left, right, from, to }: Update): void {
  let i = from - (from % 2)
  for (; i + 1 < n; i += 2) {
    const a0 = i * BLOCK
    const a1 = a0 + BLOCK
    const end = Math.min(to, i + 1)
    let j = from
    for (; j + 3 < end; j += 4) {
      const b0 = j * BLOCK
      let s00 = 0
      let s01 = 0
      let s02 = 0
      let s03 = 0
      let s10 = 0
      let s11 = 0
      let s12 = 0
      let s13 = 0
      for (let k = 0; k < BLOCK; k++) {
        const x0 = left[a0 + k] as number
        const x1 = left[a1 + k] as number
        const y0 = right[b0 + k] as number
        const y1 = right[b0 + BLOCK + k] as number
        const y2 = right[b0 + 2 * BLOCK + k] as number
        const y3 = right[b0 + 3 * BLOCK + k] as number
        s00 += x0 * y0
        s01 += x0 * y1
        s02 += x0 * y2
        s03 += x0 * y3
        s10 += x1 * y0
        s11 += x1 * y1
        s12 += x1 * y2
        s13 += x1 * y3
      }
      const upper = i * n + j
      const lower = upper + n
      matrix[upper] = (matrix[upper] as number) - s00
      matrix[upper + 1] = (matrix[upper + 1] as number) - s01
      matrix[upper + 2] = (matrix[upper + 2] as number) - s02
      matrix[upper + 3] = (matrix[upper + 3] as number) - s03
      matrix[lower] = (matrix[lower] as number) - s10
      matrix[lower + 1] = (matrix[lower + 1] as number) - s11
      matrix[lower + 2] = (matrix[lower + 2] as number) - s12
      matrix[lower + 3] = (matrix[lower + 3] as number) - s13
    }
    for (; j < to && j <= i + 1; j++) {
      if (j <= i) matrix[i * n + j] = (matrix[i * n + j] as number) - dot(left, a0, right, j * BLOCK)
      matrix[(i + 1) * n + j] = (matrix[(i + 1) * n + j] as number) - dot(left, a1, right, j * BLOCK)
    }
  }
  if (i < n)
    for (let j = from; j < to && j <= i; j++)
      matrix[i * n + j] = (matrix[i * n + j] as number) - dot(left, i * BLOCK, right, j * BLOCK)
}

function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number): number {
  let sum = 0
  for (let k = 0; k < BLOCK; k++) sum += (a[aAt + k] as number) * (b[bAt + k] as number)
  return sum
}
