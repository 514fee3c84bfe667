import { LanewayError, LanewayErrors } from '../model/errors.ts'
import type { CatalogFile, KeyPath } from './catalog-file.ts'

/** Collects what is wrong in all files, so that one start shows every error. */
export class Problems {
  readonly #errors: LanewayError[] = []

  /** `message` goes on after the key: `must be …, not …`. */
  add(file: CatalogFile, key: KeyPath, message: string): void {
    const where = key.length === 0 ? '' : ` ${keyText(key)}:`
    this.addAt(file.path, file.lineOf(key), `${where} ${message}`.trim())
  }

  addAt(path: string, line: number, message: string): void {
    this.#errors.push(new LanewayError('CATALOG_INVALID', { detail: `${path}:${line}: ${message}` }))
  }

  get count(): number {
    return this.#errors.length
  }

  /** Throws one LanewayErrors with everything found, or returns. */
  throwIfAny(): void {
    if (this.#errors.length > 0) throw new LanewayErrors(this.#errors)
  }
}

const PLAIN = /^[A-Za-z_][\w-]*$/

/** `metrics["kafka.topic.bytes"].labels[0]` */
export const keyText = (key: KeyPath): string =>
  key.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    if (!PLAIN.test(part)) return `${text}[${JSON.stringify(part)}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
