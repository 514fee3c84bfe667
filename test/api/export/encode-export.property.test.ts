import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeExport } from '../../../src/api/export/encode-export.ts'
import { ESCAPINGS, type Escaping, escapeName } from '../../../src/api/export/escaping.ts'
import { familyNames, labelNames } from '../../../src/api/export/export-names.ts'
import { type ExportFormat, formatFor } from '../../../src/api/export/negotiate.ts'
import type { MetricDefinition } from '../../../src/model/definition.ts'
import { compareGroups, type Group } from '../../../src/model/label.ts'
import type { Num } from '../../../src/model/number.ts'
import type { SettledFamily, SettledSeries } from '../../../src/planner/engine.ts'
import { catalog, RECEIVED } from '../api-world.ts'
import { type ReadSample, readExport } from './read-export.ts'

const base = catalog.datasets.get('cloud')!.metrics.get(RECEIVED)!
const T0 = Date.UTC(2026, 10, 21, 10)

const text = fc.string({
  unit: fc.constantFrom('a', 'ü', '"', '\\', '\n', '{', '}', ',', '=', ' ', '#', '😱'),
  minLength: 1,
  maxLength: 4,
})
const name = fc.oneof(fc.stringMatching(/^io\.x\/[ab_/.]{1,4}$/), fc.stringMatching(/^[abc._ :"\\-]{1,5}$/))
const label = fc.oneof(
  fc.stringMatching(/^(?:metric|resource)\.[ab._-]{1,4}$/),
  fc.constantFrom('metric.topic', 'resource.topic', 'le'),
)
const value: fc.Arbitrary<Num> = fc.oneof(
  fc.maxSafeNat(),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 90n }),
)

interface Drawn {
  readonly family: SettledFamily
  readonly series: readonly SettledSeries[]
}

const drawnFamily = fc
  .record({
    name,
    selfRegistered: fc.boolean(),
    description: fc.oneof(fc.constant(''), text),
    unit: fc.constantFrom('By', 's', '1', 'a', ''),
    counted: fc.constantFrom('delta' as const, 'cumulative' as const),
    labels: fc.uniqueArray(label, { maxLength: 3 }),
    buckets: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ labels, buckets, counted, ...metric }) => {
    const group = fc.tuple(...labels.map(() => fc.option(text, { nil: null })))
    const values = fc
      .array(fc.option(value, { nil: null, freq: 3 }), { minLength: buckets, maxLength: buckets })
      .filter((all) => all.some((each) => each !== null))
    const one = fc.record({ group, values })
    return fc.uniqueArray(one, { maxLength: 4, selector: (each) => JSON.stringify(each.group) }).map((all): Drawn => {
      const sorted = [...all].sort((a, b) => compareGroups(a.group as Group, b.group as Group))
      const series = sorted.map((each) => ({
        ...each,
        created: counted === 'delta' ? null : each.values.map(() => T0),
      }))
      const starts = Array.from({ length: buckets }, (_, i) => T0 + i * 60_000)
      const family: SettledFamily = {
        metric: { ...base, ...metric } satisfies MetricDefinition,
        counted,
        labels,
        buckets: starts,
        ends: starts.map((ms) => ms + 60_000),
        series: () => series,
      }
      return { family, series }
    })
  })

const drawn = fc.uniqueArray(drawnFamily, { maxLength: 5, selector: ({ family }) => family.metric.name })

const formats: readonly ExportFormat[] = [
  formatFor('text/plain;version=0.0.4'),
  ...ESCAPINGS.flatMap((escaping) => [
    formatFor(`text/plain;version=1.0.0;escaping=${escaping}`),
    formatFor(`application/openmetrics-text;version=1.0.0;escaping=${escaping}`),
  ]),
]

/** What should stand there: by sample name, labels and time. */
function expected(all: readonly Drawn[], { kind, escaping }: ExportFormat): Map<string, string> {
  const names = familyNames(
    all.map(({ family }) => family),
    escaping,
  )
  const samples = new Map<string, string>()
  for (const { family, series } of all) {
    const labels = labelNames(family.labels, escaping)
    const sample = `${names.get(family.metric.name)}${family.counted === 'delta' ? '' : '_total'}`
    const times = family.counted === 'delta' ? family.buckets : family.ends
    for (const { group, values } of series) {
      const own = group.flatMap((each, i) => (each === null ? [] : [[labels[i]!, each]]))
      for (const [i, each] of values.entries()) {
        const time = kind === 'text' ? times[i]! : times[i]! / 1000
        if (each !== null) samples.set(keyOf(sample, own, String(time)), String(each))
      }
    }
  }
  return samples
}

const keyOf = (sample: string, labels: readonly unknown[][], time: string | null): string =>
  JSON.stringify([sample, [...labels].sort(), time])

const keyOfRead = ({ name: sample, labels, time }: ReadSample): string => keyOf(sample, Object.entries(labels), time)

test('what the export says, read by a strict reader, is what the engine said, in every format', () => {
  fc.assert(
    fc.property(drawn, fc.constantFrom(...formats), (all, format) => {
      const content = { families: all.map(({ family }) => family), failed: null, seriesMax: 100 }
      const written = { samples: 0 }
      const encoded = [...encodeExport(content, format, written)].join('')
      const families = readExport(encoded, format.kind)
      const read = families.flatMap(({ samples }) => samples).filter((each) => !isCreated(each, all, format.escaping))
      assert.deepEqual(new Map(read.map((each) => [keyOfRead(each), each.value])), expected(all, format))
      assert.equal(written.samples, read.length)
    }),
    { numRuns: 150 },
  )
})

function isCreated({ name: sample }: ReadSample, all: readonly Drawn[], escaping: Escaping): boolean {
  const names = familyNames(
    all.map(({ family }) => family),
    escaping,
  )
  return all.some(
    ({ family }) => family.counted === 'cumulative' && sample === `${names.get(family.metric.name)}_created`,
  )
}

test('the own families are escaped like all others', () => {
  const failed = [{ metric: 'a\nb', resource: '"' }]
  for (const format of formats) {
    const encoded = [...encodeExport({ families: [], failed, seriesMax: 1 }, format, { samples: 0 })].join('')
    const [family] = readExport(encoded, format.kind)
    assert.equal(family!.name, escapeName('export_status', format.escaping, 'metric'))
    assert.deepEqual(family!.samples[0]!.labels, { [family!.name]: 'error', metric: 'a\nb', resource: '"' })
  }
})
