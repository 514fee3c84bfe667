import type { Filter } from '../../../src/model/filter.ts'
import { EVERYTHING } from '../../../src/model/filter.ts'
import { canonicalFilter } from '../../../src/model/filter-canonical.ts'
import { fixedMs, type Granularity, isGranularity, MINUTE_MS } from '../../../src/model/granularity.ts'
import { floorTo, type Interval } from '../../../src/model/interval.ts'
import type { Group, LabelSet } from '../../../src/model/label.ts'
import {
  METRIC_TYPES,
  type MeasureRef,
  type Missing,
  numericOf,
  SPACES,
  type Space,
  type StateMeasure,
  TIMES,
  type Time,
} from '../../../src/model/measure.ts'
import { exactInteger, type Num } from '../../../src/model/number.ts'
import type { Point } from '../../../src/model/point.ts'
import { parseFilter, unquoted } from './filter-script.ts'

export type Metric = Omit<StateMeasure, 'space'>

export interface Expected {
  readonly group: Group
  readonly points: readonly {
    readonly timestamp: number
    readonly values: readonly (Num | null)[]
    readonly cut: boolean
  }[]
}

export interface Question {
  readonly line: number
  readonly measures: readonly MeasureRef[]
  readonly groupBy: readonly string[]
  readonly filter: Filter
  readonly granularity: Granularity
  readonly intervals: readonly Interval[]
  readonly untilMs: number
  readonly descending: boolean | null
  readonly limit: number | null
  readonly expected: Expected[]
}

export interface Scenario {
  readonly title: string
  readonly line: number
  stepMs: number
  readonly metrics: Map<string, Metric>
  /** One commit each. */
  readonly commits: Omit<Point, 'dataset'>[][]
  readonly questions: Question[]
}

const WORD = String.raw`(?:"(?:[^"\\]|\\.)*"|[\w.-]+)`
const LABEL = new RegExp(`(${WORD})=(${WORD})`, 'g')
const LABELS = `((?:${WORD}=${WORD} ?)*)`
const LINES: readonly (readonly [RegExp, (reading: Reading, match: RegExpExecArray) => void])[] = [
  [/^step (\S+)$/, takeStep],
  [/^metric (\S+) (\S+)( missing=zero)?$/, takeMetric],
  [new RegExp(`^points (\\S+) ?${LABELS}: (.+)$`), takePoints],
  [
    /^ask (?<measures>.+?)(?: by (?<by>.+?))?(?: where (?<where>.+?))?(?: every (?<every>\S+))? over (?<over>.+?)(?: until (?<until>\S+))?(?: order (?<order>asc|desc))?(?: limit (?<limit>\d+))?$/,
    takeQuestion,
  ],
  [/^nothing$/, () => undefined],
  [new RegExp(`^(?:all|${LABELS}): (.+)$`), takeExpected],
]

interface Reading {
  readonly scenario: Scenario
  readonly line: number
}

/** Text of one file ▸ its scenarios. Throws SyntaxErrors with the number of the line. */
export function parseScript(text: string): Scenario[] {
  const scenarios: Scenario[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    try {
      takeLine(line, i + 1, scenarios)
    } catch (error) {
      throw new SyntaxError(`line ${i + 1}: ${(error as Error).message}`)
    }
  }
  return scenarios
}

function takeLine(text: string, line: number, scenarios: Scenario[]): void {
  if (text.startsWith('scenario ')) {
    const title = text.slice('scenario '.length)
    scenarios.push({ title, line, stepMs: MINUTE_MS, metrics: new Map(), commits: [], questions: [] })
    return
  }
  const scenario = scenarios.at(-1)
  if (!scenario) throw new SyntaxError('a scenario begins with its title')
  for (const [pattern, take] of LINES) {
    const match = pattern.exec(text)
    if (!match) continue
    take({ scenario, line }, match)
    return
  }
  throw new SyntaxError(`not understood: ${text}`)
}

function takeStep({ scenario }: Reading, [, grain = '']: RegExpExecArray): void {
  const width = isGranularity(grain) ? fixedMs(grain) : undefined
  if (width === undefined) throw new SyntaxError(`${grain} is no step`)
  scenario.stepMs = width
}

function takeMetric({ scenario }: Reading, [, metric = '', name = '', zero]: RegExpExecArray): void {
  const type = oneOf(METRIC_TYPES, name)
  const missing: Missing = zero ? 'zero' : 'absent'
  scenario.metrics.set(metric, { metric, type, unit: '1', missing })
}

function takePoints({ scenario }: Reading, [, name = '', labels = '', readings = '']: RegExpExecArray): void {
  const { metric, type } = metricIn(scenario, name)
  const set = Object.fromEntries(labelsIn(labels)) as LabelSet
  scenario.commits.push(
    readings.split(/ +/).map((text) => {
      const [time, value] = halves(text, '=')
      const readingMs = timeIn(time)
      return {
        metric,
        type,
        labels: set,
        stepMs: floorTo(readingMs, scenario.stepMs),
        readingMs,
        value: numIn(value, type),
      }
    }),
  )
}

function takeQuestion({ scenario, line }: Reading, { groups = {} }: RegExpExecArray): void {
  const { measures = '', by, where, every = 'ALL', over = '', until, order, limit } = groups
  if (!isGranularity(every)) throw new SyntaxError(`${every} is no granularity`)
  const intervals = over.split(', ').map((text) => {
    const [start, end] = halves(text, '/')
    return { start: timeIn(start), end: timeIn(end) }
  })
  scenario.questions.push({
    line,
    measures: measures.split(', ').map((text) => measureIn(scenario, text)),
    groupBy: by === undefined ? [] : by.split(', ').map(unquoted),
    filter: where === undefined ? EVERYTHING : canonicalFilter(parseFilter(where)),
    granularity: every,
    intervals,
    untilMs: until === undefined ? Number.MAX_SAFE_INTEGER : timeIn(until),
    descending: order === undefined ? null : order === 'desc',
    limit: limit === undefined ? null : Number(limit),
    expected: [],
  })
}

function takeExpected({ scenario }: Reading, [, labels = '', buckets = '']: RegExpExecArray): void {
  const question = scenario.questions.at(-1)
  if (!question) throw new SyntaxError('nothing was asked')
  const given = new Map(labelsIn(labels))
  const group = question.groupBy.map((label) => {
    if (!given.has(label)) throw new SyntaxError(`the group does not say ${label}`)
    return given.get(label) ?? null
  })
  const points = buckets.split(/ +/).map((text) => {
    const [time, rest] = halves(text, '=')
    const [numbers, cut] = rest.endsWith('~') ? [rest.slice(0, -1), true] : [rest, false]
    return { timestamp: timeIn(time), values: numbers.split(',').map(expectedNum), cut }
  })
  question.expected.push({ group, points })
}

/** `MAX of SUM of m`: time, space, metric. */
function measureIn(scenario: Scenario, text: string): MeasureRef {
  const [time = '', space = '', metric = ''] = text.split(' of ')
  return { ...metricIn(scenario, metric), time: oneOf<Time>(TIMES, time), space: oneOf<Space>(SPACES, space) }
}

function metricIn(scenario: Scenario, name: string): Metric {
  const metric = scenario.metrics.get(name)
  if (!metric) throw new SyntaxError(`${name} is no metric of the scenario`)
  return metric
}

/** An absent label, `-`, has no value. */
const labelsIn = (text: string): [string, string | undefined][] =>
  [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [
    unquoted(name),
    value === '-' ? undefined : unquoted(value),
  ])

/** `10:00:30.5` on the day of the scenarios, or with a day before it ▸ epoch ms. */
export function timeIn(text: string): number {
  const [, day = '2026-11-21', clock = '', seconds = '0'] =
    /^(?:(\d{4}-\d\d-\d\d)T)?(\d\d:\d\d)(?::(\d\d(?:\.\d+)?))?$/.exec(text) ?? []
  const ms = Date.parse(`${day}T${clock}:00Z`) + Number(seconds) * 1000
  if (Number.isNaN(ms)) throw new SyntaxError(`${text} is no time`)
  return ms
}

const numIn = (text: string, type: Metric['type']): Num =>
  numericOf(type) === 'INT64' ? exactInteger(BigInt(text)) : Number(text)

function expectedNum(text: string): Num | null {
  if (text === '-') return null
  return /^-?\d+$/.test(text) ? exactInteger(BigInt(text)) : Number(text)
}

function halves(text: string, by: string): [string, string] {
  const at = text.indexOf(by)
  if (at < 0) throw new SyntaxError(`${by} expected in ${text}`)
  return [text.slice(0, at), text.slice(at + by.length)]
}

function oneOf<T extends string>(names: readonly T[], text: string): T {
  const found = names.find((name) => name === text)
  if (found === undefined) throw new SyntaxError(`${text} is none of ${names.join(', ')}`)
  return found
}
