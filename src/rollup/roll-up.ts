import type { RollupVersion } from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import { bucketEnd } from '../model/granularity.ts'
import { formatTime, type Interval } from '../model/interval.ts'
import type { RollupTask } from '../model/task.ts'
import { type Asker, askStates, type WindowStates } from './ask-states.ts'
import { type Addressed, windowRecords } from './window-records.ts'

/** Records of one task, and so of one transaction; what is left of the task is another task's. */
export const TASK_RECORDS_MAX = 20_000
/** One window is never divided, so it may exceed that; beyond this its rollup keeps too many label values. */
export const WINDOW_GROUPS_MAX = 250_000
/** Groups a window is thought to have before one was seen. */
const GROUPS_GUESSED = 5_000
/** Fewer are never expected: with so many, a chunk of minutes still fits one question. */
const GROUPS_MIN = 300
/** Rollup versions whose windows are remembered. */
const COUNTS_MAX = 10_000

export interface RolledUpWindows {
  readonly records: readonly Addressed[]
  /** Least over the windows. */
  readonly raw: number
  readonly through: number
  /** Windows from here on did not fit; null when all did. */
  readonly to: number | null
}

/**
 * How many groups a window of each rollup version is expected to have: as many as when it was last seen, but never
 * less than half of what was expected before, for an empty window says little about the next one.
 */
export class GroupCounts {
  readonly #counts = new Map<string, number>()

  expected(defHash: string): number {
    return this.#counts.get(defHash) ?? GROUPS_GUESSED
  }

  saw(defHash: string, groups: number): void {
    const expected = Math.max(groups, Math.ceil(this.expected(defHash) / 2), GROUPS_MIN)
    this.#counts.delete(defHash)
    this.#counts.set(defHash, expected)
    if (this.#counts.size > COUNTS_MAX) this.#counts.delete(this.#counts.keys().next().value!)
  }
}

interface Place {
  readonly rollup: RollupVersion
  readonly partitions: number
  readonly counts: GroupCounts
  readonly asker: Asker
}

/**
 * Asks for the windows of a task, some at a time, and turns them into records, until all are there or the
 * transaction is full. Errors: whatever the engine throws; QUERY_TOO_EXPENSIVE for a window with too many groups.
 */
export async function rollUp(task: RollupTask, place: Place): Promise<RolledUpWindows> {
  const { rollup, partitions } = place
  const records: Addressed[] = []
  let raw = Number.POSITIVE_INFINITY
  let through = Number.POSITIVE_INFINITY
  for (const interval of task.intervals) {
    for (let start = interval.start; start < interval.end; ) {
      const room = TASK_RECORDS_MAX - records.length
      if (records.length > 0 && expectedRecords(place) > room) return { records, raw, through, to: start }
      const { windows, states } = await askSome(task, { start, end: interval.end }, { place, room })
      for (const each of windowRecords(windows, states, { rollup, epoch: task.epoch, partitions })) records.push(each)
      raw = Math.min(raw, states.raw)
      through = Math.min(through, states.through)
      start = windows.end
    }
  }
  return { records, raw, through, to: null }
}

/** As many windows from the start of the interval as are expected to fit; fewer when that was too expensive. */
async function askSome(task: RollupTask, interval: Interval, { place, room }: { place: Place; room: number }) {
  const { rollup, asker, counts } = place
  for (let count = Math.max(1, Math.floor(room / expectedRecords(place))); ; count = Math.ceil(count / 4)) {
    const windows = firstWindows(interval, count, rollup)
    try {
      const states = await askStates(task, rollup, windows, asker)
      counts.saw(rollup.defHash, mostGroups(states, rollup))
      return { windows, states }
    } catch (error) {
      const isTooMuch = error instanceof LanewayError && error.code === 'QUERY_TOO_EXPENSIVE'
      if (!isTooMuch || windows.end === bucketEnd(rollup.grain, windows.start)) throw error
    }
  }
}

function firstWindows({ start, end }: Interval, count: number, { grain }: RollupVersion): Interval {
  let until = start
  for (let i = 0; i < count && until < end; i++) until = bucketEnd(grain, until)
  return { start, end: until }
}

function mostGroups({ rows }: WindowStates, rollup: RollupVersion): number {
  const counts = new Map<number, number>()
  for (const { bucket } of rows) counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  for (const [bucket, count] of counts) if (count > WINDOW_GROUPS_MAX) throw tooMany(rollup, bucket, count)
  return Math.max(0, ...counts.values())
}

/** Of one window: a record a group, a seal a partition. */
const expectedRecords = ({ counts, rollup, partitions }: Place): number => counts.expected(rollup.defHash) + partitions

const tooMany = ({ id }: RollupVersion, bucket: number, actual: number): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `window ${formatTime(bucket)} of ${id} has ${actual} groups, the limit is ${WINDOW_GROUPS_MAX}`,
    hint: 'Keep fewer labels in the rollup, or filter it.',
    limit: WINDOW_GROUPS_MAX,
    actual,
  })
