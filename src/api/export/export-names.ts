import { createHash } from 'node:crypto'
import type { MetricDefinition } from '../../model/definition.ts'
import { type Escaping, escapeName, type NameKind } from './escaping.ts'

/** Families of our own; a metric of this name gets another. */
export const TRUNCATED = 'laneway_export_truncated'
export const STATUS = 'export_status'

/** `x` and, for totals, `x_total` and `x_created`. */
const SUFFIXES = { delta: [''], cumulative: ['', '_total', '_created'] } as const

interface Named {
  readonly metric: Pick<MetricDefinition, 'name' | 'selfRegistered'>
  readonly counted: 'delta' | 'cumulative'
}

/**
 * Exported names of metrics, by metric name, no two of whose samples are called alike. As Metrics API v2 writes them:
 *
 *     io.confluent.kafka.server/received_bytes ▸ confluent_kafka_server_received_bytes
 *     http.server.duration                     ▸ itself, escaped
 *
 * Where several would be the same, the one that stands in a catalog file keeps the name if it is alone in that; the
 * others end in a hash of their full name, so that a newcomer never takes the name of another.
 */
export function familyNames(families: readonly Named[], escaping: Escaping): ReadonlyMap<string, string> {
  const digits = new Map(families.map((family) => [family, 0]))
  const own = [TRUNCATED, STATUS].map((name) => escapeName(name, escaping, 'metric'))
  for (;;) {
    const names = new Map(families.map((family) => [family, nameOf(family, digits.get(family)!, escaping)]))
    const losing = losers(names, own).filter((family) => digits.get(family)! < DIGITS_MAX)
    if (losing.length === 0) return new Map([...names].map(([{ metric }, name]) => [metric.name, name]))
    for (const family of losing) digits.set(family, digits.get(family)! + DIGITS)
  }
}

/** Of the hash, as many as it takes. */
const DIGITS = 8
const DIGITS_MAX = 64

function nameOf({ metric, counted }: Named, digits: number, escaping: Escaping): string {
  const plain = plainName(metric.name, counted)
  return escapeName(digits === 0 ? plain : `${plain}_${hashOf(metric.name, digits)}`, escaping, 'metric')
}

/** Families one of whose samples would be called like that of another, but for the one that keeps its name. */
function losers(names: ReadonlyMap<Named, string>, own: readonly string[]): Named[] {
  const claims = new Map<string, Named[]>()
  for (const [family, name] of names) {
    for (const sample of samplesOf(name, family)) claims.set(sample, [...(claims.get(sample) ?? []), family])
  }
  const loses = (family: Named) => (sample: string) => own.includes(sample) || !keepsClaim(family, claims.get(sample)!)
  return [...names].filter(([family, name]) => samplesOf(name, family).some(loses(family))).map(([family]) => family)
}

const samplesOf = (name: string, { counted }: Named): string[] => SUFFIXES[counted].map((suffix) => `${name}${suffix}`)

function keepsClaim(family: Named, claimants: readonly Named[]): boolean {
  if (claimants.length === 1) return true
  const written = claimants.filter(({ metric }) => !metric.selfRegistered)
  return written.length === 1 && written[0] === family
}

/** `_total` belongs to the sample of a counter, not to its name. */
function plainName(name: string, counted: 'delta' | 'cumulative'): string {
  const mapped = V2_NAME.test(name) ? mappedAsV2(name.slice('io.'.length)) : name
  return counted === 'cumulative' && mapped !== '_total' ? mapped.replace(/_total$/, '') : mapped
}

const V2_NAME = /^io\.[^/]+\/./
const mappedAsV2 = (name: string): string => name.replaceAll(/[./]/g, '_')

const hashOf = (name: string, digits: number): string =>
  createHash('sha256').update(name).digest('hex').slice(0, digits)

/**
 * Exported names of one metric's labels, no two alike: `resource.kafka.id` ▸ `kafka_id`, `metric.topic` ▸ `topic`. Those
 * that would be the same, or reserved, keep what they begin with: `metric_topic`, `resource_topic`.
 */
export function labelNames(labels: readonly string[], escaping: Escaping): readonly string[] {
  const short = labels.map((label) => written(label.replace(/^(?:metric|resource)\./, ''), escaping))
  const whole = labels.map((label) => written(label, escaping))
  const chosen = short.map((name, i) => (isFree(name, i, short) && !isReserved(name) ? name : whole[i]!))
  return chosen.map((name, i) => (isFree(name, i, chosen) ? name : `${name}_${hashOf(labels[i]!, DIGITS_MAX)}`))
}

const written = (name: string, escaping: Escaping): string =>
  escapeName(mappedAsV2(name), escaping, 'label' satisfies NameKind)
const isFree = (name: string, i: number, names: readonly string[]): boolean =>
  names.indexOf(name) === i && names.lastIndexOf(name) === i
const isReserved = (name: string): boolean => name === '' || name.startsWith('__')
