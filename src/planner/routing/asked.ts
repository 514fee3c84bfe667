import { conjuncts, type Filter, labelsOf, pinnedLabels } from '../../model/filter.ts'
import { filterKey } from '../../model/filter-canonical.ts'
import type { Grain } from '../../model/granularity.ts'
import { compareText } from '../../model/label.ts'
import { type MeasureRef, measureKey } from '../../model/measure.ts'
import type { LogicalQuery } from '../logical/question.ts'
import { type Windows, windowsIn } from './windows.ts'

export interface AskedMeasure {
  readonly ref: MeasureRef
  /** `SPACE:metric` */
  readonly key: string
}

/** A question with what the rules ask of it again and again, found once per plan. */
export class Asked {
  readonly question: LogicalQuery
  readonly measures: readonly AskedMeasure[]
  readonly groupBy: ReadonlySet<string>
  /** In order of their names, so that reasons do not depend on the caller's order. */
  readonly groupLabels: readonly string[]
  readonly filterLabels: readonly string[]
  /** Labels that the question's filter pins to one value. */
  readonly pinned: ReadonlyMap<string, string>
  readonly #windows = new Map<Grain, Windows>()
  #conjuncts: ReadonlyMap<string, Filter> | null = null

  constructor(question: LogicalQuery) {
    this.question = question
    this.measures = question.measures.map((ref) => ({ ref, key: measureKey(ref) }))
    this.groupBy = new Set(question.groupBy)
    this.groupLabels = [...this.groupBy].sort(compareText)
    this.filterLabels = labelsOf(question.filter)
    this.pinned = pinnedLabels(question.filter)
  }

  /** Top-level conjuncts of the filter by their keys. */
  get conjuncts(): ReadonlyMap<string, Filter> {
    this.#conjuncts ??= new Map(conjuncts(this.question.filter).map((each) => [filterKey(each), each]))
    return this.#conjuncts
  }

  /** How windows of a grain lie in the question's buckets and intervals. */
  windowsOf(grain: Grain): Windows {
    let windows = this.#windows.get(grain)
    if (!windows) {
      const { granularity, intervals, stepMs } = this.question
      windows = windowsIn(grain, { granularity, intervals, stepMs })
      this.#windows.set(grain, windows)
    }
    return windows
  }
}
