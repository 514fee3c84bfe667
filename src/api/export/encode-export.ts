import type { MetricDefinition } from '../../model/definition.ts'
import { compareText } from '../../model/label.ts'
import type { Num } from '../../model/number.ts'
import type { SettledFamily, SettledSeries } from '../../planner/engine.ts'
import { type Escaping, escapeName, isClassic } from './escaping.ts'
import { familyNames, labelNames, STATUS, TRUNCATED } from './export-names.ts'
import type { ExportFormat } from './negotiate.ts'

export interface FailedMetric {
  readonly metric: string
  /** What was asked of it; '' for everything. */
  readonly resource: string
}

export interface ExportContent {
  readonly families: readonly SettledFamily[]
  /** Told in `export_status`; null where nobody asked. */
  readonly failed: readonly FailedMetric[] | null
  /** Of one metric. */
  readonly seriesMax: number
}

/** Counts while it is written. */
export interface Written {
  samples: number
}

/**
 * The whole export, line by line; families by name, each in one piece, its series by labels, their samples by time.
 * An empty text now and then, where nothing is written for a while.
 */
export function* encodeExport(content: ExportContent, format: ExportFormat, written: Written): Generator<string> {
  const names = familyNames(content.families, format.escaping)
  const named = content.families.map((family) => ({ family, name: names.get(family.metric.name)! }))
  const truncated: { metric: string; leftOut: number }[] = []
  for (const { family, name } of named.sort((a, b) => compareText(a.name, b.name))) {
    const leftOut = yield* encodeFamily(family, name, { format, seriesMax: content.seriesMax, written })
    if (leftOut > 0) truncated.push({ metric: family.metric.name, leftOut })
  }
  const own = new OwnFamilies(format)
  yield* own.truncated(truncated)
  if (content.failed !== null) yield* own.status(content.failed)
  if (format.kind === 'openmetrics') yield '# EOF\n'
}

interface Encoding {
  readonly format: ExportFormat
  readonly seriesMax: number
  readonly written: Written
}

/** Returns how many series were left out. */
function* encodeFamily(family: SettledFamily, name: string, encoding: Encoding): Generator<string, number> {
  const { format, seriesMax, written } = encoding
  const lines = new FamilyLines(family, name, format)
  let count = 0
  for (const series of family.series()) {
    if (series === null) yield ''
    else if (++count <= seriesMax) {
      if (count === 1) yield lines.head()
      const { text, samples } = lines.series(series)
      written.samples += samples
      yield text
    }
  }
  return Math.max(0, count - seriesMax)
}

/** Lines of one family: everything that its series share is put together once. */
class FamilyLines {
  readonly #family: SettledFamily
  readonly #name: string
  readonly #format: ExportFormat
  readonly #labels: readonly string[]
  readonly #times: readonly string[]
  readonly #plain: SampleName
  readonly #created: SampleName

  constructor(family: SettledFamily, name: string, format: ExportFormat) {
    const { labels, counted, buckets, ends } = family
    this.#family = family
    this.#name = name
    this.#format = format
    this.#labels = labelNames(labels, format.escaping).map((label) => `${quoted(label, 'label')}="`)
    // Increases stand at their bucket's start, as in v2; a total counts everything before the bucket's end.
    this.#times = (counted === 'cumulative' ? ends : buckets).map((ms) => ` ${timeText(ms, format)}\n`)
    this.#plain = new SampleName(counted === 'cumulative' ? `${name}_total` : name)
    this.#created = new SampleName(`${name}_created`)
  }

  head(): string {
    const { metric, counted } = this.#family
    const type = counted === 'cumulative' ? 'counter' : 'gauge'
    if (this.#format.kind === 'openmetrics') return headOf(this.#name, type, metric, true)
    return headOf(this.#plain.name, type, metric, false)
  }

  series({ group, values, created }: SettledSeries): { text: string; samples: number } {
    const labels = this.#labelsOf(group)
    const start = this.#plain.with(labels)
    const createdStart = created && this.#format.kind === 'openmetrics' ? this.#created.with(labels) : null
    let text = ''
    let samples = 0
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value === null) continue
      text += `${start}${valueText(value)}${this.#times[i]}`
      if (createdStart !== null) text += `${createdStart}${created![i]! / 1000}${this.#times[i]}`
      samples++
    }
    return { text, samples }
  }

  #labelsOf(group: SettledSeries['group']): string {
    let text = ''
    for (let i = 0; i < group.length; i++) {
      const value = group[i]
      if (value !== null && value !== undefined)
        text += `${text === '' ? '' : ','}${this.#labels[i]}${escapeValue(value)}"`
    }
    return text
  }
}

/** `name{labels} ` or, for a name beyond the classic characters, `{"name",labels} `. */
class SampleName {
  readonly name: string
  readonly #open: string
  readonly #bare: string
  readonly #joiner: string

  constructor(name: string) {
    const classic = isClassic(name, 'metric')
    this.name = name
    this.#open = classic ? `${name}{` : `{${quoted(name, 'metric')}`
    this.#bare = classic ? `${name} ` : `${this.#open}} `
    this.#joiner = classic ? '' : ','
  }

  with(labels: string): string {
    return labels === '' ? this.#bare : `${this.#open}${this.#joiner}${labels}} `
  }
}

/** What an export says about itself: left-out series and failed metrics, at the moment of the answer, without a time. */
class OwnFamilies {
  readonly #format: ExportFormat

  constructor(format: ExportFormat) {
    this.#format = format
  }

  *truncated(all: readonly { readonly metric: string; readonly leftOut: number }[]): Generator<string> {
    const name = this.#nameOf(TRUNCATED, 'metric')
    if (all.length > 0)
      yield this.#head(name, 'gauge', 'Series of the metric that were left out, beyond export.seriesMax.')
    for (const { metric, leftOut } of all) yield `${name}{metric="${escapeValue(metric)}"} ${leftOut}\n`
  }

  *status(failed: readonly FailedMetric[]): Generator<string> {
    const name = this.#nameOf(STATUS, 'metric')
    const type = this.#format.kind === 'openmetrics' ? 'stateset' : 'gauge'
    if (failed.length > 0)
      yield this.#head(name, type, 'Metrics that are not part of this export: 1 for each that failed.')
    const label = this.#nameOf(STATUS, 'label')
    for (const { metric, resource } of failed) {
      const labels = `${label}="error",metric="${escapeValue(metric)}",resource="${escapeValue(resource)}"`
      yield `${name}{${labels}} 1\n`
    }
  }

  #nameOf(name: string, kind: 'metric' | 'label'): string {
    return escapeName(name, this.#format.escaping satisfies Escaping, kind)
  }

  #head(name: string, type: string, description: string): string {
    return headOf(name, type, { description, unit: '' }, this.#format.kind === 'openmetrics')
  }
}

type Described = Pick<MetricDefinition, 'description' | 'unit'>

function headOf(name: string, type: string, { description, unit }: Described, openMetrics: boolean): string {
  const written = quoted(name, 'metric')
  const help = description === '' ? '' : `# HELP ${written} ${helpText(description, openMetrics)}\n`
  const word = UNIT_WORDS[unit] ?? unit
  const hasUnit = openMetrics && word !== '' && name.endsWith(`_${word}`)
  return `${help}# TYPE ${written} ${type}\n${hasUnit ? `# UNIT ${written} ${word}\n` : ''}`
}

/** UCUM, as metrics come in ▸ the word that OpenMetrics wants at the end of the name. */
const UNIT_WORDS: Readonly<Record<string, string>> = {
  By: 'bytes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  '1': 'ratio',
}

const quoted = (name: string, kind: 'metric' | 'label'): string =>
  isClassic(name, kind) ? name : `"${escapeValue(name)}"`

const NEEDS_ESCAPE = /[\\"\n]/
const escapeValue = (value: string): string =>
  NEEDS_ESCAPE.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value

/** Quotes are escaped in OpenMetrics alone. */
function helpText(text: string, openMetrics: boolean): string {
  const escaped = text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return openMetrics ? escaped.replaceAll('"', '\\"') : escaped
}

/** All digits of an integer; the shortest text that reads back as the same double. */
function valueText(value: Num): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

/** Ms in text, seconds in OpenMetrics. */
const timeText = (ms: number, { kind }: ExportFormat): string => String(kind === 'text' ? ms : ms / 1000)
