import { createHash } from 'node:crypto'
import { LanewayError } from '../model/errors.ts'
import { compareText } from '../model/label.ts'
import { shown } from './shown.ts'

/** One entry of Prometheus' http_sd. */
export interface Target {
  readonly targets: readonly [string]
  readonly labels: Readonly<Record<string, string>>
}

/** Where a scraper reaches this service. */
export interface PublicPlace {
  readonly scheme: 'http' | 'https'
  /** `host:port` */
  readonly host: string
  /** Before every path; without a slash at its end. */
  readonly prefix: string
}

export interface Discovered {
  readonly dataset: string
  /** `kafka` */
  readonly type: string
  /** `resource.kafka.id` */
  readonly label: string
  readonly ids: readonly string[]
}

/** A name or address, and perhaps a port. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** As the configuration says, or as the request came. Error: FIELD_INVALID for a Host that is none. */
export function publicPlaceOf(publicUrl: string | null, request: { protocol: string; host: string }): PublicPlace {
  if (publicUrl !== null) {
    const { protocol, host, pathname } = new URL(publicUrl)
    return { scheme: protocol === 'https:' ? 'https' : 'http', host, prefix: pathname.replace(/\/$/, '') }
  }
  const { protocol, host } = request
  if (HOST.test(host)) return { scheme: protocol === 'https' ? 'https' : 'http', host, prefix: '' }
  throw new LanewayError('FIELD_INVALID', {
    detail: `header Host is ${shown(host)}, which is no name or address with a port.`,
    hint: 'Send the Host that scrapers reach this service by, or set http.publicUrl.',
    configKey: 'http.publicUrl',
  })
}

/** Prometheus knows no dots in names: `resource.kafka.id` ▸ `__param_resource_kafka_id`. */
const parameterOf = (label: string): string => `__param_${label.replaceAll('.', '_')}`

/**
 * Resources in groups of at most `most`, a target each. An id stays in its group while others come and go, because the
 * group is part of `instance` and so of every series that is scraped; only when a group grows over the limit are all
 * split in two, and then half of the ids stay where they were.
 */
export function targetsOf({ dataset, type, label, ids }: Discovered, place: PublicPlace, most: number): Target[] {
  const groups = groupsOf(ids, most)
  return groups.flatMap((members, number) => {
    if (members.length === 0) return []
    const labels = {
      __metrics_path__: `${place.prefix}/v2/metrics/${encodeURIComponent(dataset)}/export`,
      __scheme__: place.scheme,
      [parameterOf(label)]: members.join(','),
      instance: `${place.host}/${dataset}/${type}/${number}`,
    }
    return [{ targets: [place.host] as const, labels }]
  })
}

/** Powers of two are tried until no group is too large; more groups than ids cannot help. */
function groupsOf(ids: readonly string[], most: number): string[][] {
  const sorted = [...ids].sort(compareText)
  const hashes = sorted.map((id) => createHash('sha256').update(id).digest().readUInt32BE(0))
  for (let count = 1; ; count *= 2) {
    const groups = Array.from({ length: count }, (): string[] => [])
    for (const [i, id] of sorted.entries()) groups[hashes[i]! % count]!.push(id)
    if (groups.every(({ length }) => length <= most) || count >= GROUPS_MAX) return groups
  }
}

const GROUPS_MAX = 2 ** 16
