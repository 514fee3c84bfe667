/** One side of a comparison: the same thing measured again and again. */
export interface Side {
  readonly name: string
  readonly samples: readonly number[]
}

export interface Comparison {
  /** `P3 HTTP answer of 60 points`. */
  readonly figure: string
  /** `/s`, `ms`, `bytes`. */
  readonly unit: string
  readonly ours: Side
  readonly theirs: Side
  /** Ratios of samples taken next to each other; what happens on the machine meanwhile meets both. */
  readonly ratios: readonly number[]
  /** What one sample looked at: rows of an answer, series, rollups. */
  readonly rows: string
  /** The goal, in words; empty without one. */
  readonly want: string
}

/**
 *     P3 HTTP answer of 60 points: push 6120 /s [5900..6300], bare 14010 /s [13800..14200], ratio 0.44 [0.42..0.46], n 10 + 10, 60 rows; want ratio ≥ 0.5
 *
 * Medians; in brackets the 10th and the 90th percentile.
 */
export function line({ figure, unit, ours, theirs, ratios, rows, want }: Comparison): string {
  const side = ({ name, samples }: Side) => `${name} ${number(middle(samples))} ${unit} ${spread(samples)}`
  const counts = `n ${ours.samples.length} + ${theirs.samples.length}`
  const parts = [side(ours), side(theirs), `ratio ${number(middle(ratios))} ${spread(ratios)}`, counts, rows]
  return `${figure}: ${parts.join(', ')}${want === '' ? '' : `; want ${want}`}`
}

export const middle = (samples: readonly number[]): number => percentile(samples, 0.5)

const spread = (samples: readonly number[]): string =>
  `[${number(percentile(samples, 0.1))}..${number(percentile(samples, 0.9))}]`

export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Three digits that count. */
const number = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))

/** Pairwise quotients. */
export const ratiosOf = (above: readonly number[], below: readonly number[]): number[] =>
  above.map((value, i) => value / below[i]!)
