import type { PushTable } from '../../src/cache/push/push-table.ts'
import type { RollupVersion } from '../../src/model/definition.ts'
import { LanewayError } from '../../src/model/errors.ts'
import { FrameBuilder, type StateFrame } from '../../src/model/frame.ts'
import { nestsOver, roughMs } from '../../src/model/granularity.ts'
import { contains, type Interval, subtract } from '../../src/model/interval.ts'
import type { Engine, PlanReport } from '../../src/planner/contract.ts'
import type { StatesRequest } from '../../src/planner/logical/question.ts'
import type { CatalogView } from '../../src/ports/catalog.ts'
import { oracle } from '../cache/push/naive-oracle.ts'
import type { HandClock } from '../hand-clock.ts'
import type { RawWorld } from './raw-world.ts'

export interface Asked {
  readonly question: StatesRequest
  /** `raw`, or the rollup that answered. */
  readonly source: string
}

interface Parts {
  readonly raw: RawWorld
  readonly table: PushTable
  readonly catalog: CatalogView
  readonly clock: HandClock
}

const PLAN: PlanReport = {
  catalogVersion: 1,
  exact: true,
  asOf: null,
  slices: [],
  candidates: 0,
  missing: [],
  stale: [],
  hint: null,
}

/**
 * Answers workers as the planner would: from a finer rollup of the push table where it covers everything, clean and
 * at the asked raw version, else from the points, in one snapshot.
 */
export class FakeEngine implements Pick<Engine, 'states'> {
  readonly asked: Asked[] = []
  /** Throws what it returns, unless null. */
  failing: (question: StatesRequest) => Error | null = () => null
  /** Answers wait for it, after they were read. */
  gate: Promise<void> = Promise.resolve()
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async states(
    question: StatesRequest,
    { signal }: { signal: AbortSignal },
  ): Promise<{ frame: StateFrame; plan: PlanReport }> {
    const failure = this.failing(question)
    if (failure) throw failure
    const { frame, source } = this.#fromFiner(question) ?? this.#fromRaw(question)
    this.asked.push({ question, source })
    await this.gate
    if (signal.aborted) throw new LanewayError('CLIENT_CLOSED', { detail: 'the worker is stopped' })
    return { frame, plan: PLAN }
  }

  #fromRaw(question: StatesRequest): { frame: StateFrame; source: string } {
    const { raw } = this.#parts
    const { groupBy, filter, interval, granularity, measures } = question
    const asOf = raw.asOf()
    const rows = new FrameBuilder(measures)
    for (const [i, measure] of measures.entries()) {
      const asked = { groupBy, filter, granularity, intervals: [interval], allStart: 0 }
      for (const { bucket, group, state } of oracle(raw.readings, asked, measure)) rows.add(bucket, group, i, state)
    }
    const version = raw.version(interval)
    const frame = { labels: groupBy, measures, rows: rows.rows(), rowsRead: 0, raw: version, asOf }
    return { frame: { kind: 'states', ...frame }, source: 'raw' }
  }

  #fromFiner(question: StatesRequest): { frame: StateFrame; source: string } | null {
    const { catalog, table, clock } = this.#parts
    const { dataset, avoid, groupBy, interval, granularity, measures, filter } = question
    if (granularity === 'ALL') return null
    const rollups = [...(catalog.current().datasets.get(dataset)?.rollups.values() ?? [])]
    const candidates = rollups.filter(
      (rollup) =>
        !avoid.includes(rollup.id) &&
        roughMs(rollup.grain) <= roughMs(granularity) &&
        JSON.stringify(rollup.labels) === JSON.stringify(groupBy) &&
        nestsOver(rollup.grain, granularity, interval) &&
        this.#covers(rollup, interval, question.rawAtLeast),
    )
    const [best] = candidates.sort((a, b) => roughMs(b.grain) - roughMs(a.grain))
    if (!best) return null
    const read = { groupBy, measures, filter, granularity, intervals: [interval], pinned: {}, allStart: 0 }
    return { frame: table.read({ defHash: best.defHash, ...read }, clock()), source: best.id }
  }

  #covers(rollup: RollupVersion, interval: Interval, rawAtLeast: number): boolean {
    const runs = this.#parts.table
      .coverage(rollup.defHash, [], this.#parts.clock())
      .runs.filter((run) => !run.dirty && run.raw >= rawAtLeast && (run.settled || run.through >= run.interval.end))
    const spans = runs.map((run) => run.interval)
    return spans.some((span) => contains(span, interval)) || subtract([interval], spans).length === 0
  }
}
