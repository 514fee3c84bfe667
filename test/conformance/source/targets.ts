import type { RollupVersion } from '../../../src/model/definition.ts'
import { EVERYTHING, pinnedLabels } from '../../../src/model/filter.ts'
import type { StateFrame } from '../../../src/model/frame.ts'
import {
  bucketCeil,
  bucketEnd,
  bucketStart,
  DAY_MS,
  fixedMs,
  type Grain,
  nestsOver,
} from '../../../src/model/granularity.ts'
import { ceilTo, floorTo, type Interval, isEmpty, unionOf } from '../../../src/model/interval.ts'
import { groupKey } from '../../../src/model/label.ts'
import { type MeasureRef, measureKey, type StateMeasure } from '../../../src/model/measure.ts'
import type { WrittenState } from '../../../src/model/records.ts'
import { atBaseStep, encodeState } from '../../../src/model/written-state.ts'
import type { Scan, Source } from '../../../src/ports/source.ts'
import { PushSource } from '../../../src/sources/push/push-source.ts'
import { deliver, rolledUp, rollupOf, tableOf } from '../../cache/push/push-fixture.ts'
import { never } from '../../sources/duckdb/duckdb-fixture.ts'
import type { Question, Scenario } from './script.ts'

/** A scenario with its points in the raw store, under a dataset of its own. */
export interface Loaded {
  readonly scenario: Scenario
  readonly dataset: string
  readonly raw: Source
}

/** Someone who answers a question; null where this one cannot, by the rules of docs/semantics.md. */
export type Target = (loaded: Loaded, question: Question) => Promise<readonly StateFrame[]> | null

/** Spans up to which the push table is asked for minutes; beyond, for hours. */
const FINE_SPAN_MS = DAY_MS

export const TARGETS: Readonly<Record<string, Target>> = {
  duckdb: (loaded, question) => all([loaded.raw.run(rawScan(loaded, question), never)]),
  'push at the base step': (loaded, question) => onGrain(stepGrain(loaded.scenario), loaded, question),
  'push at five minutes': (loaded, question) => onGrain('PT5M', loaded, question),
  'push at one hour': (loaded, question) => onGrain('PT1H', loaded, question),
  'duckdb and push together': (loaded, question) => {
    const grain = spanMs(question) > FINE_SPAN_MS ? 'PT1H' : stepGrain(loaded.scenario)
    return canAnswer(grain, loaded.scenario, question) ? mixed(loaded, question, grain) : null
  },
}

const onGrain = (grain: Grain, loaded: Loaded, question: Question) =>
  canAnswer(grain, loaded.scenario, question) ? all([fromPush(loaded, question, grain)]) : null

const all = async (frames: readonly Promise<StateFrame>[]): Promise<readonly StateFrame[]> => await Promise.all(frames)

const stepGrain = ({ stepMs }: Scenario): Grain =>
  (['PT1M', 'PT5M', 'PT1H'] as const).find((each) => fixedMs(each) === stepMs)!

/** By the table of docs/semantics.md: above the base step only whole windows, and labels dropped where that is exact. */
function canAnswer(grain: Grain, scenario: Scenario, question: Question): boolean {
  const width = fixedMs(grain)!
  if (width < scenario.stepMs || (grain !== 'PT1H' && spanMs(question) > FINE_SPAN_MS)) return false
  if (width === scenario.stepMs) return true
  return isAligned(question, grain) && (keepsEveryLabel(scenario, question) || question.measures.every(isExactToDrop))
}

function isExactToDrop({ space, time, missing }: MeasureRef): boolean {
  if (time === 'LAST') return true
  if (space === time && (space === 'MIN' || space === 'MAX')) return true
  return (space === 'SUM' || space === 'COUNT') && (time === 'SUM' || (time === 'AVG' && missing === 'zero'))
}

const rawScan = ({ dataset }: Loaded, question: Question): Scan & { kind: 'states' } => ({
  kind: 'states',
  dataset,
  version: 'raw',
  rollup: null,
  intervals: unionOf(question.intervals),
  granularity: question.granularity,
  allStart: question.intervals[0]!.start,
  groupBy: question.groupBy,
  pinned: {},
  filter: question.filter,
  measures: question.measures,
})

/** Every second piece from raw, the others from push. */
function mixed(loaded: Loaded, question: Question, grain: Grain): Promise<readonly StateFrame[]> {
  const pieces: [Interval[], Interval[]] = [[], []]
  const pieceMs = ceilTo(Math.max(1, spanMs(question) / 6), fixedMs(grain)!)
  for (const { start, end } of unionOf(question.intervals)) {
    for (let from = start, i = 0; from < end; from += pieceMs, i++) {
      pieces[i % 2]!.push({ start: from, end: Math.min(end, from + pieceMs) })
    }
  }
  const [raw, push] = pieces
  return all([
    ...raw.map((piece) => loaded.raw.run({ ...rawScan(loaded, question), intervals: [piece] }, never)),
    ...(push.length === 0 ? [] : [fromPush(loaded, question, grain, push)]),
  ])
}

const spanMs = ({ intervals }: Question): number => intervals.at(-1)!.end - intervals[0]!.start

/** Rolls the scenario up as a worker does, states of raw by every label, and asks the table. */
async function fromPush(
  loaded: Loaded,
  question: Question,
  grain: Grain,
  intervals: readonly Interval[] = unionOf(question.intervals),
): Promise<StateFrame> {
  const rollup = rollupFor(loaded, question, grain)
  const table = tableOf([rollup])
  for (const interval of intervals) await rollUp(loaded, rollup, interval, table)
  const source = new PushSource({ table, appliedMs: () => 0 })
  const scan = {
    ...rawScan(loaded, question),
    version: rollup.defHash,
    rollup: rollup.id,
    intervals: unionOf(intervals),
  }
  return await source.run(scan, never)
}

const labelsOf = ({ commits }: Scenario): string[] =>
  [...new Set(commits.flat().flatMap(({ labels }) => Object.keys(labels)))].sort()

/** Labels that nobody sent are not in a rollup that came from data; a catalog would know them. */
function rollupFor({ scenario, dataset }: Loaded, question: Question, grain: Grain): RollupVersion {
  const asked = [...question.groupBy, ...labelsInFilter(question)]
  const labels = [...new Set([...labelsOf(scenario), ...asked])].sort()
  const measures = [...new Map(question.measures.map(({ time, ...stored }) => [measureKey(stored), stored])).values()]
  const keep = { pushMs: 2 * Math.max(FINE_SPAN_MS, spanMs(question)), druidMs: null }
  return rollupOf({ dataset, id: `${dataset}/all`, labels, grain, measures, stepMs: scenario.stepMs, keep })
}

const labelsInFilter = ({ filter }: Question): string[] =>
  [...JSON.stringify(filter).matchAll(/"label":("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text!) as string)

async function rollUp(
  { raw, dataset }: Loaded,
  rollup: RollupVersion,
  interval: Interval,
  table: ReturnType<typeof tableOf>,
): Promise<void> {
  const { grain, labels } = rollup
  const windows = { start: bucketStart(grain, interval.start), end: bucketCeil(grain, interval.end) }
  const measures = rollup.measures.map(every)
  const scan = { kind: 'states' as const, dataset, version: 'raw' as const, rollup: null, intervals: [windows] }
  const rest = { granularity: grain, allStart: 0, groupBy: labels, pinned: {}, filter: EVERYTHING, measures }
  const frame = await raw.run({ ...scan, ...rest }, never)
  for (const bucket of bucketsIn(grain, windows)) {
    const rows = frame.rows
      .filter((row) => row.bucket === bucket)
      .sort((a, b) => (groupKey(a.group) < groupKey(b.group) ? -1 : 1))
      .map((row) => [row.group, writtenOf(row.states, measures, rollup)] as const)
    deliver(table, rolledUp({ bucket, epoch: 1, rows }, rollup))
  }
}

const every = (measure: StateMeasure): MeasureRef => ({ ...measure, time: 'EVERY' })

function writtenOf(
  states: StateFrame['rows'][number]['states'],
  measures: readonly MeasureRef[],
  rollup: RollupVersion,
): Record<string, WrittenState> {
  const out: Record<string, WrittenState> = {}
  for (const [i, state] of states.entries()) {
    if (state) out[measureKey(measures[i]!)] = encodeState(state, measures[i]!, atBaseStep(rollup))
  }
  return out
}

function* bucketsIn(grain: Grain, { start, end }: Interval): Generator<number> {
  for (let bucket = start; bucket < end; bucket = bucketEnd(grain, bucket)) yield bucket
}

/** Every label is grouped by or pinned to one value. */
const keepsEveryLabel = (scenario: Scenario, { groupBy, filter }: Question): boolean =>
  labelsOf(scenario).every((label) => groupBy.includes(label) || pinnedLabels(filter).has(label))

const isAligned = ({ intervals, granularity }: Question, grain: Grain): boolean =>
  intervals.every(
    (interval) =>
      !isEmpty(interval) &&
      floorTo(interval.start, fixedMs(grain)!) === interval.start &&
      floorTo(interval.end, fixedMs(grain)!) === interval.end &&
      nestsOver(grain, granularity, interval),
  )
