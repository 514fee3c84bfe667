import { type ErrorCode, type ErrorFacts, LanewayError, LanewayErrors } from '../../model/errors.ts'

/** Problems of one request, gathered so that all of them are told at once. */
export class Problems {
  readonly #found: LanewayError[] = []

  add(code: ErrorCode, facts: ErrorFacts): void {
    this.#found.push(new LanewayError(code, facts))
  }

  /** Runs a reader that throws; what it throws is gathered, pointing to `pointer` when given, and undefined was read. */
  gather<T>(read: () => T, pointer?: string): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof LanewayError)) throw error
      this.#found.push(pointer === undefined ? error : new LanewayError(error.code, { ...error.facts, pointer }))
      return undefined
    }
  }

  /** Throws LanewayErrors. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new LanewayErrors(this.#found)
  }
}

const NAMES_MAX = 20
const SHOWN_CHARACTERS_MAX = 100

/** Names a few: a dataset may have thousands. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const more = names.length > NAMES_MAX ? `, and ${names.length - NAMES_MAX} more` : ''
  return `${names.slice(0, NAMES_MAX).join(', ')}${more}`
}

/** What was sent, as JSON, not too long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text
}

/** `/filter/filters/0/field` ▸ `filter.filters[0].field` */
export const fieldAt = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1)
