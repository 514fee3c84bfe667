/** Half as much again: typed arrays of this table are large, so doubling would waste too much. */
const capacityFor = (have: number, need: number): number => Math.max(need, 8, have + (have >> 1))

/** The same array when it holds `need` numbers, else a larger copy. */
export function grownInt32(array: Int32Array<ArrayBuffer>, need: number): Int32Array<ArrayBuffer> {
  if (need <= array.length) return array
  const grown = new Int32Array(capacityFor(array.length, need))
  grown.set(array)
  return grown
}

export function grownFloat64(array: Float64Array<ArrayBuffer>, need: number): Float64Array<ArrayBuffer> {
  if (need <= array.length) return array
  const grown = new Float64Array(capacityFor(array.length, need))
  grown.set(array)
  return grown
}
