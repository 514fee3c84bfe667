import { channel } from 'node:diagnostics_channel'
import { CHANNELS } from '../../model/channels.ts'
import { LanewayError, LanewayErrors } from '../../model/errors.ts'
import type { FreshnessReport, LaneName } from '../contract.ts'
import type { Asked } from './parts.ts'

/** What a request came to, and what observers are told about it. */
export interface Told<T> {
  readonly value: T
  readonly lane: LaneName
  readonly freshness?: FreshnessReport
  readonly rows: number
}

/** Tells observers how a request went; a caller that has left gets CLIENT_CLOSED, whatever its abort reason was. */
export async function published<T>(route: string, asked: Asked, work: (asked: Asked) => Promise<Told<T>>): Promise<T> {
  const { hall, options } = asked
  const startMs = hall.stopwatch()
  const tell = (facts: object) => {
    const answers = channel(CHANNELS.answer)
    if (answers.hasSubscribers) answers.publish({ route, ms: hall.stopwatch() - startMs, ...facts })
  }
  try {
    if (options.signal.aborted) throw options.signal.reason
    const { value, lane, freshness, rows } = await work(asked)
    tell({ lane, sources: freshness?.sources ?? [], state: freshness?.state, rows })
    return value
  } catch (thrown) {
    const error = closedOr(thrown, options.signal)
    tell({ sources: [], rows: 0, error: codeOf(error) })
    throw error
  }
}

function closedOr(error: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted || error !== signal.reason || error instanceof LanewayError) return error
  return new LanewayError('CLIENT_CLOSED', { detail: 'the client closed the request', cause: error })
}

function codeOf(error: unknown): string {
  if (error instanceof LanewayError) return error.code
  return (error instanceof LanewayErrors && error.errors[0]?.code) || 'INTERNAL'
}
