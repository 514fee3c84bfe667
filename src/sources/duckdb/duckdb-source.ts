import type { DuckDBConnection } from '@duckdb/node-api'
import { type Coverage, NO_COVERAGE } from '../../model/coverage.ts'
import type { DatasetDefinition, DefHash } from '../../model/definition.ts'
import { LanewayError } from '../../model/errors.ts'
import type { LabelFrame, StateFrame } from '../../model/frame.ts'
import { floorTo, formatTime } from '../../model/interval.ts'
import type { Group } from '../../model/label.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Scan, Source } from '../../ports/source.ts'
import { statementOf } from './bindings.ts'
import { rawCoverage, retentionEdge } from './coverage.ts'
import type { Database } from './database.ts'
import { failedAs, isFatal } from './failure.ts'
import type { RawBook } from './raw-book.ts'
import { groupAt, readStates } from './read-states.ts'
import { withoutPatterns } from './resolve-patterns.ts'
import { chunksOf, rowsOf } from './rows.ts'
import { labelsStatement } from './states-sql.ts'
import { hoursTouched, withinSql } from './time-sql.ts'
import type { Transactions } from './transactions.ts'

export interface DuckDbSourceParts {
  readonly database: Database
  readonly transactions: Transactions
  readonly book: RawBook
  readonly catalog: CatalogView
  readonly clock: Clock
  /** Moment up to whose arrivals raw shows everything, epoch ms; never goes back. */
  readonly asOf: () => number
}

/** Raw points as a source: every label and measure, from the retention edge to the end of time. */
export class DuckDbSource implements Source {
  readonly id = 'duckdb'
  readonly #parts: DuckDbSourceParts

  constructor(parts: DuckDbSourceParts) {
    this.#parts = parts
  }

  /** From memory alone, so it is true also while the store is closed. */
  coverage(dataset: string, version: DefHash | 'raw', measures: readonly MeasureRef[]): Coverage {
    const definition = this.#parts.catalog.current().datasets.get(dataset)
    if (version !== 'raw' || !definition) return NO_COVERAGE
    const { book, asOf } = this.#parts
    const asOfMs = asOf()
    return rawCoverage({
      startMs: this.#startOf(definition),
      settledMs: floorTo(asOfMs - definition.latenessMs, definition.stepMs),
      asOfMs,
      pointsByHour: book.pointsByHour(dataset, new Set(measures.map(({ metric }) => metric))),
    })
  }

  run(scan: Scan & { readonly kind: 'states' }, signal: AbortSignal): Promise<StateFrame>
  run(scan: Scan & { readonly kind: 'labels' }, signal: AbortSignal): Promise<LabelFrame>
  async run(scan: Scan, signal: AbortSignal): Promise<StateFrame | LabelFrame> {
    if (scan.version !== 'raw') {
      throw new LanewayError('EDGE_UNAVAILABLE', { detail: `duckdb holds raw points, not ${scan.rollup}` })
    }
    const { database, asOf } = this.#parts
    try {
      const asOfMs = asOf()
      return await database.snapshot(signal, async (connection) => {
        const raw = await this.#rawVersion(connection, scan)
        this.#checkKept(scan)
        const head = { labels: scan.groupBy, raw, asOf: asOfMs }
        const plain = await withoutPatterns(connection, scan, signal)
        if (scan.kind === 'labels') return { kind: scan.kind, ...head, ...(await readLabels(connection, plain)) }
        return { kind: scan.kind, ...head, measures: scan.measures, ...(await readStates(connection, plain)) }
      })
    } catch (error) {
      throw this.#failed(error, signal)
    }
  }

  /** Where a dataset was kept shorter before, what is gone stays gone. */
  #startOf(definition: DatasetDefinition): number {
    const { book, clock } = this.#parts
    return Math.max(retentionEdge(definition, clock()), book.expiredMs(definition.name))
  }

  /** The edge moves before anything is deleted, so a snapshot that passes here still has everything. */
  #checkKept({ dataset, intervals }: Scan): void {
    const expiredMs = this.#parts.book.expiredMs(dataset)
    const first = intervals[0]
    if (!first || first.start >= expiredMs) return
    throw new LanewayError('EDGE_UNAVAILABLE', {
      detail: `duckdb: raw points of ${dataset} before ${formatTime(expiredMs)} were deleted, asked from ${formatTime(first.start)}`,
    })
  }

  /** The first read of the snapshot: late marks of the chunks touched. */
  async #rawVersion(connection: DuckDBConnection, { dataset, intervals }: Scan): Promise<number> {
    const [[version] = []] = await rowsOf(
      connection,
      statementOf(
        (bind) =>
          `SELECT coalesce(max(seq), 0) FROM late_marks WHERE dataset = ${bind.text(dataset)} AND ${withinSql(hoursTouched(intervals), bind)}`,
      ),
    )
    return Number(version)
  }

  #failed(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted && error === signal.reason) return error
    if (isFatal(error)) void this.#parts.transactions.revive().catch(() => undefined)
    return failedAs('SOURCE_FAILED', 'duckdb could not answer', error)
  }
}

async function readLabels(
  connection: DuckDBConnection,
  scan: Scan,
): Promise<{ readonly groups: Group[]; readonly rowsRead: number }> {
  const groups: Group[] = []
  for await (const columns of chunksOf(connection, labelsStatement(scan))) {
    const labels = scan.groupBy.length === 0 ? [] : columns
    for (let i = 0; i < columns[0]!.length; i++) groups.push(groupAt(labels, i))
  }
  return { groups, rowsRead: groups.length }
}
