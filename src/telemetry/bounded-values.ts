const SHORT_NAME = /^[\w.+/-]{1,64}$/

/**
 * The values of one metric label. The first `valuesMax` short names stand for themselves, whatever comes later and
 * whatever is no short name is `other`: no message can make our own metrics grow without end.
 */
export class BoundedValues {
  readonly #known = new Set<string>()
  readonly #valuesMax: number

  constructor(valuesMax: number) {
    this.#valuesMax = valuesMax
  }

  of(value: unknown): string {
    if (typeof value !== 'string' || !SHORT_NAME.test(value)) return 'other'
    if (this.#known.has(value)) return value
    if (this.#known.size >= this.#valuesMax) return 'other'
    this.#known.add(value)
    return value
  }
}
