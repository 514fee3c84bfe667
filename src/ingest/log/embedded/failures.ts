import { LanewayError } from '../../../model/errors.ts'

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const BUSY = 5
const LOCKED = 6
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** What went wrong with the file, as the catalogue says it; everything that is neither lock nor damage kept nothing. */
export function storeFailure(error: unknown, path: string): unknown {
  if (error instanceof LanewayError) return error
  const code = (error as { errcode?: unknown }).errcode
  if (typeof code !== 'number') return error
  switch (code & 0xff) {
    case BUSY:
    case LOCKED:
      return new LanewayError('DATA_FOLDER_LOCKED', { detail: `${path} is in use by another process`, cause: error })
    case CORRUPT:
    case NOT_A_DATABASE:
      return damaged(path, messageOf(error), error)
    default:
      return new LanewayError('STORE_UNWRITABLE', { detail: `${path}: ${messageOf(error)}`, cause: error })
  }
}

export const damaged = (path: string, what: string, cause?: unknown): LanewayError =>
  new LanewayError('DATA_FOLDER_DAMAGED', { detail: `${path} is damaged: ${what}`, cause })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
