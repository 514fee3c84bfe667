import { type ErrorCode, LanewayError } from '../../model/errors.ts'

/** First line of what DuckDB says; the rest repeats the statement. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim()

/** After such an error DuckDB answers nothing more until the file is opened again. */
export const isFatal = (error: unknown): boolean =>
  /^(?:FATAL|INTERNAL) Error|database has been invalidated/.test(error instanceof Error ? error.message : '')

/** Our own errors pass; whatever DuckDB says becomes `code`. */
export const failedAs = (code: ErrorCode, what: string, error: unknown): LanewayError =>
  error instanceof LanewayError
    ? error
    : new LanewayError(code, { detail: `${what}: ${messageOf(error)}`, cause: error })
