import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LabelPattern } from '../model/filter.ts'
import type { Patterns } from '../model/patterns.ts'

/** Steps of matching before other work gets its turn: about a millisecond, some for the worst patterns. */
const STEPS_PER_TURN = 100_000

/** Values that a label's pattern is about to be matched with. */
export interface PatternValues extends LabelPattern {
  readonly values: readonly string[]
}

/**
 * Matches each value once, a little at a time, so that what is filtered afterwards finds the answers remembered.
 * Errors: QUERY_TOO_EXPENSIVE beyond what one question may match, or the signal's reason.
 */
export async function matchAhead(
  patterns: Patterns,
  wanted: readonly PatternValues[],
  signal: AbortSignal,
): Promise<void> {
  let turnEnds = patterns.steps + STEPS_PER_TURN
  for (const { pattern, values } of wanted) {
    for (const value of values) {
      patterns.matches(pattern, value)
      if (patterns.steps < turnEnds) continue
      turnEnds = patterns.steps + STEPS_PER_TURN
      await nextTurn()
      signal.throwIfAborted()
    }
  }
}
