/**
 * Prices in rows looked at, until costs are learned. Estimates are rough (rows are taken as spread evenly), so raw is
 * chosen where a rollup covers too only when it is clearly cheaper.
 */
export const RAW_ROW = 2
/**
 * What any raw scan costs, of however many intervals and however little it reads: the push table looks at some 20,000
 * rows before it has begun.
 */
export const RAW_SCAN_ROWS = 20_000
/** What another rollup must save to be worth one more stretch in the plan. */
export const SWITCH_ROWS = 32
/** Stretches of a plan (for measures routed together) above which the smallest rollup ones go to raw. */
export const STRETCHES_MAX = 64

/** Time that nobody serves is missing: worse than any price. Small enough that a year of steps keeps single rows. */
const MISSING_STEP_ROWS = 1e9
export const missingPrice = (lengthMs: number, stepMs: number): number => (lengthMs / stepMs) * MISSING_STEP_ROWS
