/**
 * A measured number. INT64 values are plain numbers up to ±(2^53 − 1) and bigints beyond, so that integers stay
 * exact end to end; DOUBLE values are always plain numbers.
 */
export type Num = number | bigint

export type Numeric = 'INT64' | 'DOUBLE'

/** The shortest exact form of an integer: a number where it is safe, else the bigint. */
export function exactInteger(value: bigint): Num {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

export function addInteger(a: Num, b: Num): Num {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return exactInteger(BigInt(a) + BigInt(b))
}

export const add = (numeric: Numeric, a: Num, b: Num): Num =>
  numeric === 'INT64' ? addInteger(a, b) : Number(a) + Number(b)

export const lesser = (a: Num, b: Num): Num => (b < a ? b : a)
export const greater = (a: Num, b: Num): Num => (b > a ? b : a)

/** JSON text of one number, all digits of a bigint kept. */
export const numberText = (value: Num): string => (typeof value === 'bigint' ? value.toString() : JSON.stringify(value))

/** Reads what `encodeNum` wrote: a JSON number, or a decimal string beyond 2^53. */
export const decodeNum = (value: number | string): Num =>
  typeof value === 'number' ? value : exactInteger(BigInt(value))
export const encodeNum = (value: Num): number | string => (typeof value === 'bigint' ? value.toString() : value)
