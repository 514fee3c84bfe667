import type { Rule } from './rule.ts'
import { ALLOWED } from './rules/allowed.ts'
import { CLEAN } from './rules/clean.ts'
import { COVERED } from './rules/covered.ts'
import { FILTER_IMPLIED } from './rules/filter-implied.ts'
import { FILTER_LABELS_KEPT } from './rules/filter-labels-kept.ts'
import { FOLDABLE } from './rules/foldable.ts'
import { FRESH } from './rules/fresh.ts'
import { GRAIN_NESTS } from './rules/grain-nests.ts'
import { LABELS_KEPT } from './rules/labels-kept.ts'
import { MEASURE_STORED } from './rules/measure-stored.ts'
import { RIGHT_DATASET } from './rules/right-dataset.ts'

/**
 * Every rule there is. Inside a kind they run in this order; E3 comes before the rules that look at what it leaves
 * of the filter. Finished values (E8) and truncated labels (E9) will be measure and definition rules; E12, the
 * price, is decided after all of them.
 */
export const RULES: readonly Rule[] = [
  ...[RIGHT_DATASET, ALLOWED, FILTER_IMPLIED, LABELS_KEPT, FILTER_LABELS_KEPT],
  ...[MEASURE_STORED, FOLDABLE],
  ...[GRAIN_NESTS],
  ...[COVERED, CLEAN, FRESH],
]
