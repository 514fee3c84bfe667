import { add, exactInteger, type Num, type Numeric } from '../../model/number.ts'
import type { RejectReason } from './sent.ts'

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

const isInt64 = (value: Num): boolean => typeof value === 'number' || (value >= INT64_MIN && value <= INT64_MAX)

/** A value as a metric of `to` keeps it, or why it cannot. Whole doubles below 2^53 are integers. */
export function converted(value: Num, from: Numeric, to: Numeric): Num | RejectReason {
  if (to === 'DOUBLE') {
    const double = Number(value)
    return Number.isFinite(double) ? double : 'not_finite'
  }
  if (from === 'DOUBLE') return Number.isSafeInteger(value) ? value : 'type_conflict'
  return isInt64(value) ? value : 'out_of_range'
}

export const isReason = (result: Num | RejectReason): result is RejectReason => typeof result === 'string'

export function difference(value: Num, less: Num, numeric: Numeric): Num {
  if (numeric === 'DOUBLE') return Number(value) - Number(less)
  if (typeof value === 'number' && typeof less === 'number') {
    const out = value - less
    if (Number.isSafeInteger(out)) return out
  }
  return exactInteger(wholeBigInt(value) - wholeBigInt(less))
}

/** A stream that changed from doubles to integers left a double behind. */
const wholeBigInt = (value: Num): bigint => BigInt(typeof value === 'number' ? Math.trunc(value) : value)

/** Sum of two values of one numeric kind, or null where the store could not hold it in one row. */
export function sumWithin(a: Num, b: Num, numeric: Numeric): Num | null {
  const sum = add(numeric, a, b)
  return numeric === 'INT64' ? (isInt64(sum) ? sum : null) : Number.isFinite(sum) ? sum : null
}
