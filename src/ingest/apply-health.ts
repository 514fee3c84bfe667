import type { HealthPart, PartStatus } from '../ports/health.ts'
import type { ApplyStats } from './apply.ts'

/** What the push table's reader knows of itself beyond its numbers. */
export interface ApplyCondition {
  readonly bootstrapped: boolean
  /** Why the log cannot be read at the moment. */
  readonly failure: unknown
  readonly snapshotProblem: unknown
  readonly definitionProblem: unknown
}

export class ApplyHealth implements HealthPart {
  readonly name = 'push'
  readonly gate = true
  readonly #condition: () => ApplyCondition
  readonly #stats: () => ApplyStats

  constructor(condition: () => ApplyCondition, stats: () => ApplyStats) {
    this.#condition = condition
    this.#stats = stats
  }

  ready(): boolean {
    return this.#condition().bootstrapped
  }

  status(): PartStatus {
    const stats = this.#stats()
    return { ...describe(this.#condition(), stats), facts: factsOf(stats) }
  }
}

function describe(condition: ApplyCondition, stats: ApplyStats): Pick<PartStatus, 'state' | 'detail'> {
  const { failure, bootstrapped, definitionProblem, snapshotProblem } = condition
  if (failure) return { state: 'down', detail: `Aggregates cannot be read: ${textOf(failure)}` }
  if (!bootstrapped) return { state: 'degraded', detail: `Reading aggregates: ${stats.lagRecords} records to go.` }
  if (definitionProblem) {
    return { state: 'degraded', detail: `The newest catalog is not taken over: ${textOf(definitionProblem)}` }
  }
  if (snapshotProblem) return { state: 'degraded', detail: `The last snapshot failed: ${textOf(snapshotProblem)}` }
  const behind = stats.lagRecords === 0 ? 'Everything appended is applied.' : `${stats.lagRecords} records behind.`
  return { state: 'ok', detail: behind }
}

function factsOf(stats: ApplyStats): NonNullable<PartStatus['facts']> {
  const { partitions, keptAside, ...numbers } = stats
  return { ...numbers, partitions: partitions.length, keptAside: keptAside.length }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
