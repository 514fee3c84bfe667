import type { DefHash } from './definition.ts'
import { LanewayError } from './errors.ts'
import type { Interval } from './interval.ts'
import type { WrittenRecord } from './records.ts'
import { type ChunkVersion, type RollupTask, TASK_CAUSES, type TaskCause, type TaskDone } from './task.ts'

/** Windows that one roll-up left behind alike. */
export interface RolledUp {
  readonly interval: Interval
  readonly epoch: number
  readonly raw: number
  readonly through: number
}

/** What a task that failed was about. */
export interface FailedTask {
  readonly intervals: readonly Interval[]
  readonly causes: readonly TaskCause[]
  /** How often it was tried. */
  readonly attempt: number
  readonly error: string
}

/** What the task manager knows of one rollup version and chunk. */
export interface UnitState {
  readonly rolledUp: readonly RolledUp[]
  /** Start of a window ▸ sequence of the last late mark that it lacks. */
  readonly late: readonly (readonly [number, number])[]
  /** Windows that a person asked for. */
  readonly manual: readonly Interval[]
  readonly task: RollupTask | null
  readonly issuedMs: number
  readonly retry: FailedTask | null
  readonly parked: FailedTask | null
}

/** Records on `task-state`, UTF-8 JSON like those on `aggregates` (docs/pipeline.md). A null value forgets the key. */
export type TaskStateRecord =
  | { readonly kind: 'manager'; readonly epoch: number; readonly marks: number }
  | {
      readonly kind: 'version'
      readonly rollup: string
      readonly defHash: DefHash
      readonly active: boolean
      /** It was dropped once, so windows of it may be sealed that the manager knows nothing of. */
      readonly returned: boolean
    }
  | { readonly kind: 'raw'; readonly dataset: string; readonly chunkStart: number; readonly version: number | null }
  | {
      readonly kind: 'unit'
      readonly rollup: string
      readonly defHash: DefHash
      readonly chunkStart: number
      readonly state: UnitState | null
    }
  | { readonly kind: 'done'; readonly rollup: string; readonly chunkStart: number; readonly done: TaskDone | null }

export interface WrittenStateRecord {
  readonly key: string
  readonly value: string | null
}

export function encodeTask(task: RollupTask): WrittenRecord {
  const { rollup, chunkStart, ...rest } = task
  return { key: JSON.stringify([rollup, chunkStart]), value: JSON.stringify(writtenTask(rest)) }
}

/** Throws LanewayError RECORD_UNREADABLE, with the reason, for anything that is not of the schema. */
export function decodeTask(key: string, value: string): RollupTask {
  const [rollup, chunkStart] = list(parsed(key, 'key'), 'key')
  return taskOf(parsed(value, 'value'), text(rollup, 'key[0]'), integer(chunkStart, 'key[1]'))
}

export function encodeTaskState(record: TaskStateRecord): WrittenStateRecord {
  switch (record.kind) {
    case 'manager':
      return json(['manager'], { e: record.epoch, marks: record.marks })
    case 'version': {
      const { rollup, defHash, active, returned } = record
      return json(['version', rollup, defHash], { active, returned })
    }
    case 'raw':
      return json(['raw', record.dataset, record.chunkStart], record.version === null ? null : { v: record.version })
    case 'unit': {
      const { rollup, defHash, chunkStart, state } = record
      return json(['task', rollup, defHash, chunkStart], state && writtenUnit(state))
    }
    case 'done':
      return json(['done', record.rollup, record.chunkStart], record.done && writtenDone(record.done))
  }
}

/** Inverse of encodeTaskState; throws RECORD_UNREADABLE. */
export function decodeTaskState(key: string, value: string | null): TaskStateRecord {
  const k = list(parsed(key, 'key'), 'key')
  const v = value === null ? null : fields(parsed(value, 'value'), 'value')
  switch (k[0]) {
    case 'manager':
      return { kind: 'manager', epoch: integer(v?.e, 'e'), marks: integer(v?.marks, 'marks') }
    case 'version':
      return { kind: 'version', ...versionKey(k), active: v?.active === true, returned: v?.returned === true }
    case 'raw': {
      const version = v && integer(v.v, 'v')
      return { kind: 'raw', dataset: text(k[1], 'key[1]'), chunkStart: integer(k[2], 'key[2]'), version }
    }
    case 'task': {
      const chunkStart = integer(k[3], 'key[3]')
      const { rollup, defHash } = versionKey(k)
      return { kind: 'unit', rollup, defHash, chunkStart, state: v && unitOf(v, rollup, chunkStart) }
    }
    case 'done':
      return { kind: 'done', rollup: text(k[1], 'key[1]'), chunkStart: integer(k[2], 'key[2]'), done: v && doneOf(v) }
    default:
      throw unreadable(`key starts with ${JSON.stringify(k[0])}, expected manager, version, raw, task or done`)
  }
}

const json = (key: unknown, value: unknown): WrittenStateRecord => ({
  key: JSON.stringify(key),
  value: value === null ? null : JSON.stringify(value),
})

const pair = ({ start, end }: Interval): [number, number] => [start, end]

function writtenTask(task: Omit<RollupTask, 'rollup' | 'chunkStart'>) {
  const { intervals, versions } = task
  return { ...task, intervals: intervals.map(pair), versions: versions.map(({ start, raw }) => [start, raw]) }
}

function writtenDone(done: TaskDone) {
  const { epoch } = done
  if (done.kind === 'failed') return { epoch, error: done.error, ...(done.retriable ? {} : { retry: false }) }
  const { raw, through, to } = done
  return { epoch, raw, through, ...(to === null ? {} : { to }) }
}

const writtenFailed = (failed: FailedTask | null) => failed && { ...failed, intervals: failed.intervals.map(pair) }

function writtenUnit({ rolledUp, late, manual, task, issuedMs, retry, parked }: UnitState) {
  return {
    rolledUp: rolledUp.map(({ interval, epoch, raw, through }) => [...pair(interval), epoch, raw, through]),
    late,
    manual: manual.map(pair),
    task: task && writtenTask(task),
    issuedMs,
    retry: writtenFailed(retry),
    parked: writtenFailed(parked),
  }
}

function taskOf(value: unknown, rollup: string, chunkStart: number): RollupTask {
  const v = fields(value, 'task')
  return {
    rollup,
    defHash: text(v.defHash, 'defHash'),
    chunkStart,
    intervals: intervalsOf(v.intervals, 'intervals'),
    epoch: integer(v.epoch, 'epoch'),
    raw: integer(v.raw, 'raw'),
    versions: list(v.versions, 'versions').map((each, i): ChunkVersion => {
      const [start, raw] = list(each, `versions[${i}]`)
      return { start: integer(start, `versions[${i}][0]`), raw: integer(raw, `versions[${i}][1]`) }
    }),
    asOf: integer(v.asOf, 'asOf'),
    causes: causesOf(v.causes),
    attempt: integer(v.attempt, 'attempt'),
  }
}

function doneOf(v: Fields): TaskDone {
  const epoch = integer(v.epoch, 'epoch')
  if (v.error !== undefined) {
    return { kind: 'failed', epoch, error: text(v.error, 'error'), retriable: v.retry !== false }
  }
  const to = v.to === undefined ? null : integer(v.to, 'to')
  return { kind: 'sealed', epoch, raw: integer(v.raw, 'raw'), through: integer(v.through, 'through'), to }
}

function unitOf(v: Fields, rollup: string, chunkStart: number): UnitState {
  return {
    rolledUp: list(v.rolledUp, 'rolledUp').map((each, i) => {
      const entry = list(each, `rolledUp[${i}]`)
      const at = (j: number) => integer(entry[j], `rolledUp[${i}][${j}]`)
      return { interval: { start: at(0), end: at(1) }, epoch: at(2), raw: at(3), through: at(4) }
    }),
    late: list(v.late, 'late').map((each, i): [number, number] => {
      const [bucket, seq] = list(each, `late[${i}]`)
      return [integer(bucket, `late[${i}][0]`), integer(seq, `late[${i}][1]`)]
    }),
    manual: intervalsOf(v.manual, 'manual'),
    task: v.task === null ? null : taskOf(v.task, rollup, chunkStart),
    issuedMs: integer(v.issuedMs, 'issuedMs'),
    retry: failedOf(v.retry, 'retry'),
    parked: failedOf(v.parked, 'parked'),
  }
}

function failedOf(value: unknown, where: string): FailedTask | null {
  if (value === null) return null
  const v = fields(value, where)
  return {
    intervals: intervalsOf(v.intervals, where),
    causes: causesOf(v.causes),
    attempt: integer(v.attempt, 'attempt'),
    error: text(v.error, 'error'),
  }
}

function intervalsOf(value: unknown, where: string): Interval[] {
  return list(value, where).map((each, i) => {
    const [start, end] = list(each, `${where}[${i}]`)
    return { start: integer(start, `${where}[${i}][0]`), end: integer(end, `${where}[${i}][1]`) }
  })
}

function causesOf(value: unknown): TaskCause[] {
  return list(value, 'causes').map((each) => {
    const cause = TASK_CAUSES.find((known) => known === each)
    if (cause === undefined) throw unreadable(`${JSON.stringify(each)} is no cause`)
    return cause
  })
}

type Fields = Readonly<Record<string, unknown>>

const unreadable = (reason: string): LanewayError =>
  new LanewayError('RECORD_UNREADABLE', { detail: `task record: ${reason}` })

const versionKey = (k: readonly unknown[]) => ({ rollup: text(k[1], 'key[1]'), defHash: text(k[2], 'key[2]') })

function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw unreadable(`${what} is not JSON`)
  }
}

function fields(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(`${where} is not an object`)
  return value as Fields
}

function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable(`${where} is not an array`)
  return value
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw unreadable(`${where} is not a string`)
  return value
}

function integer(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value)) throw unreadable(`${where} is not an integer below 2^53`)
  return value as number
}
