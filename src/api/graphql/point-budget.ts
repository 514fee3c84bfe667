import { LanewayError } from '../../model/errors.ts'
import type { ResultFrame } from '../../model/frame.ts'
import { Breather } from './breather.ts'

/** Fewer are put together at once. */
const FIELDS_AT_ONCE = 10_000

/** What the points of one operation's answers come to, together. */
export class PointBudget {
  readonly #fieldsMax: number
  readonly #breather = new Breather()
  #fields = 0

  constructor(fieldsMax: number) {
    this.#fieldsMax = fieldsMax
  }

  restart(): void {
    this.#fields = 0
  }

  /** Error: QUERY_TOO_EXPENSIVE. `fieldsOfPoint`: how many fields of each point are selected. */
  take({ series }: ResultFrame, fieldsOfPoint: number): void {
    const points = series.reduce((sum, each) => sum + each.points.length, 0)
    this.#fields += points * fieldsOfPoint
    if (this.#fields <= this.#fieldsMax) return
    throw new LanewayError('QUERY_TOO_EXPENSIVE', {
      detail: `${points} points with ${fieldsOfPoint} fields each bring the answer to ${this.#fields} fields of points; an operation may answer ${this.#fieldsMax}`,
      hint: 'Ask for less time, fewer groups, fewer fields or a coarser granularity, or over REST, which writes points for less.',
      limit: this.#fieldsMax,
      actual: this.#fields,
      configKey: 'graphql.pointFieldsMax',
    })
  }

  /** A long answer is put together group after group, with turns for others between. */
  turn(): Promise<void> | undefined {
    return this.#fields > FIELDS_AT_ONCE ? this.#breather.rest() : undefined
  }
}
