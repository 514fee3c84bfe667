import { createHash, type Hash } from 'node:crypto'
import type { ResultFrame, ResultSeries } from '../../model/frame.ts'
import type { Num } from '../../model/number.ts'

const CHARACTERS = 22

/**
 * Digest of a whole answer: what was asked, every group and every value. Equal digests mean equal answers, whoever
 * gave them and from whatever sources; they say nothing about data that the answer does not hold.
 */
export function answerDigest(fingerprint: string, { labels, series }: ResultFrame): string {
  const hash = createHash('sha256').update(JSON.stringify([fingerprint, labels, series.length]))
  for (const each of series) addSeries(hash, each)
  return hash.digest('base64url').slice(0, CHARACTERS)
}

export const textDigest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, CHARACTERS)

/** Numbers as bytes: an answer may hold half a million of them. Those that a double cannot hold follow as text. */
function addSeries(hash: Hash, { group, points, taken }: ResultSeries): void {
  const width = 2 + (points[0]?.values.length ?? 0)
  const numbers = new Float64Array(points.length * width)
  const large: string[] = []
  let at = 0
  for (const { timestamp, cut, values } of points) {
    numbers[at++] = timestamp
    numbers[at++] = cut ? 1 : 0
    for (const value of values) numbers[at++] = asDouble(value, large)
  }
  const head = [group, points.length, large, taken ? [...taken].sort((a, b) => a - b) : null]
  hash.update(JSON.stringify(head)).update(numbers)
}

/** −0 and 0 are one number; absent is none. */
function asDouble(value: Num | null, large: string[]): number {
  if (value === null) return Number.NaN
  if (typeof value === 'number') return value + 0
  large.push(String(value))
  return Number(value)
}
