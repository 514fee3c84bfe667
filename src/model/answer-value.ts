import type { Num } from './number.ts'

/** Quotient of two aggregations, by their positions. */
export interface Ratio {
  readonly numerator: number
  readonly denominator: number
}

export const FILLS = ['none', 'null', 'zero', 'previous'] as const
/** What stands where a bucket of the asked intervals has no value. */
export type Fill = (typeof FILLS)[number]

/**
 * numerator / denominator as a double; null where one of them is absent, where the denominator is zero, and where no
 * finite number is near enough. Integers beyond 2^53 are rounded once each before they divide.
 */
export function quotient(numerator: Num | null, denominator: Num | null): number | null {
  if (numerator === null || denominator === null) return null
  const divisor = Number(denominator)
  if (divisor === 0) return null
  const value = Number(numerator) / divisor
  return Number.isFinite(value) ? value : null
}
