import { isCounter, numericOf } from '../../model/measure.ts'
import type { Num } from '../../model/number.ts'
import type { Point, StepRef } from '../../model/point.ts'
import type { Target } from './series.ts'
import { sumWithin } from './values.ts'

export interface Row {
  readonly dataset: string
  readonly target: Target
  readonly stepMs: number
  readonly timeNs: bigint
  readonly value: Num
}

const NS_PER_MS = 1_000_000n

/** Epoch ms with the fraction kept as well as a double can. */
export const msOf = (ns: bigint): number => Number(ns / NS_PER_MS) + Number(ns % NS_PER_MS) / 1e6

/** Points of one commit: of one series and step, a counter's add up and a gauge's latest counts. */
export class BatchBuilder {
  readonly #rows = new Map<string, Row>()
  /** Increases whose sum would not fit into one row. */
  readonly #apart: Row[] = []
  readonly #late = new Map<string, StepRef>()

  add(row: Row): void {
    const key = `${row.dataset}|${row.target.seriesId}|${row.stepMs}`
    const known = this.#rows.get(key)
    if (known === undefined) this.#rows.set(key, row)
    else if (isCounter(row.target.type)) this.#addIncrease(key, known, row)
    else if (isNewer(row, known)) this.#rows.set(key, row)
  }

  #addIncrease(key: string, known: Row, row: Row): void {
    const value = sumWithin(known.value, row.value, numericOf(row.target.type))
    const latest = row.timeNs > known.timeNs ? row : known
    if (value === null) this.#apart.push(row)
    else this.#rows.set(key, { ...latest, value })
  }

  markLate(step: StepRef): void {
    this.#late.set(`${step.dataset}|${step.stepMs}`, step)
  }

  get points(): Point[] {
    return [...this.#rows.values(), ...this.#apart].map(({ dataset, target, stepMs, timeNs, value }) => {
      const { metric, type, labels } = target
      return { dataset, metric, type, labels, stepMs, readingMs: msOf(timeNs), value }
    })
  }

  get late(): StepRef[] {
    return [...this.#late.values()]
  }
}

/** The later reading counts, at the same instant the greater. */
const isNewer = (row: Row, known: Row): boolean =>
  row.timeNs > known.timeNs || (row.timeNs === known.timeNs && row.value > known.value)
