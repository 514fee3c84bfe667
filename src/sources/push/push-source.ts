import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PushRead, SteppedReader } from '../../cache/push/contract.ts'
import { type Coverage, NO_COVERAGE } from '../../model/coverage.ts'
import type { DefHash } from '../../model/definition.ts'
import { LanewayError } from '../../model/errors.ts'
import type { LabelFrame, StateFrame } from '../../model/frame.ts'
import { formatInterval } from '../../model/interval.ts'
import type { MeasureRef } from '../../model/measure.ts'
import { Patterns } from '../../model/patterns.ts'
import type { Scan, Source } from '../../ports/source.ts'
import { matchAhead } from '../match-patterns.ts'

/** Rows looked at before other work gets its turn: about a millisecond. */
const ROWS_PER_TURN = 20_000

export interface PushSourceOptions {
  readonly table: SteppedReader
  /** Moment up to which the table has applied its topic (now − lag), epoch ms. */
  readonly appliedMs: () => number
}

/** The push table as a source: what it does not cover, other sources answer. */
export class PushSource implements Source {
  readonly id = 'push'
  readonly #table: SteppedReader
  readonly #appliedMs: () => number

  constructor({ table, appliedMs }: PushSourceOptions) {
    this.#table = table
    this.#appliedMs = appliedMs
  }

  coverage(_dataset: string, version: DefHash | 'raw', measures: readonly MeasureRef[]): Coverage {
    return version === 'raw' ? NO_COVERAGE : this.#table.coverage(version, measures, this.#appliedMs())
  }

  run(scan: Scan & { readonly kind: 'states' }, signal: AbortSignal): Promise<StateFrame>
  run(scan: Scan & { readonly kind: 'labels' }, signal: AbortSignal): Promise<LabelFrame>
  async run(scan: Scan, signal: AbortSignal): Promise<StateFrame | LabelFrame> {
    signal.throwIfAborted()
    const request = readOf(scan)
    const patterns = new Patterns()
    const unmatched = this.#table.unmatched(request)
    if (unmatched.length > 0) await matchAhead(patterns, unmatched, signal)
    const table = this.#table
    const nowMs = this.#appliedMs()
    const reading =
      scan.kind === 'labels' ? table.beginLabels(request, nowMs, patterns) : table.begin(request, nowMs, patterns)
    while (!reading.advance(ROWS_PER_TURN)) {
      await nextTurn()
      signal.throwIfAborted()
    }
    return reading.frame()
  }
}

function readOf(scan: Scan): PushRead {
  if (scan.version === 'raw') {
    const first = scan.intervals[0]
    const where = first ? ` over ${formatInterval(first)}` : ''
    throw new LanewayError('EDGE_UNAVAILABLE', { detail: `push holds no raw points${where}` })
  }
  const { version: defHash, intervals, granularity, allStart, groupBy, pinned, filter, measures } = scan
  return { defHash, intervals, granularity, allStart, groupBy, pinned, filter, measures }
}
