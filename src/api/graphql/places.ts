import { LanewayError, LanewayErrors } from '../../model/errors.ts'

/**
 * Where each part of a v2 body came from in the arguments of a field, so that an error that points into the body points
 * to what was written:
 *
 *     /filter/filters/1/value   ▸   /input/filter/and/1/eq/value
 */
export class Places {
  readonly #origins = new Map<string, string>()

  set(inBody: string, inArguments: string): void {
    this.#origins.set(inBody, inArguments)
  }

  /** The longest part that is known, and the rest as it stands. */
  originOf(pointer: string): string {
    for (let end = pointer.length; end > 0; end = pointer.lastIndexOf('/', end - 1)) {
      const origin = this.#origins.get(pointer.slice(0, end))
      if (origin !== undefined) return origin + pointer.slice(end)
    }
    return `/input${pointer}`
  }

  /** The same failure, pointing into the arguments. */
  relocated(error: unknown): unknown {
    if (error instanceof LanewayErrors) return new LanewayErrors(error.errors.map((each) => this.#moved(each)))
    return error instanceof LanewayError ? this.#moved(error) : error
  }

  /** The same, for what is asked. */
  async around<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked
    } catch (error) {
      throw this.relocated(error)
    }
  }

  #moved(error: LanewayError): LanewayError {
    const { pointer } = error.facts
    if (pointer === undefined) return error
    return new LanewayError(error.code, { ...error.facts, pointer: this.originOf(pointer) })
  }
}
