import type { DefHash } from './definition.ts'
import { LanewayError } from './errors.ts'
import type { Interval } from './interval.ts'
import type { Group } from './label.ts'

/** Places a rollup is served from. */
export type Place = 'push' | 'druid'

/** Numbers of one measure as written: `[X]`, `[sum, count]`, six states, or eight for AVG in space. */
export type WrittenState = readonly (number | string)[]

/**
 * Records on the `aggregates` topic; docs/aggregates-topic.md is their public schema. Keys and values are UTF-8
 * JSON. `rollup` is `dataset/name`; bucket and chunk starts are epoch ms.
 */
export type AggregateRecord =
  | {
      readonly kind: 'aggregate'
      readonly rollup: string
      readonly defHash: DefHash
      readonly bucket: number
      readonly group: Group
      readonly epoch: number
      /** By `SPACE:metric`; a measure without a value is left out. */
      readonly measures: Readonly<Record<string, WrittenState>>
    }
  | {
      readonly kind: 'seal'
      readonly rollup: string
      readonly defHash: DefHash
      readonly bucket: number
      readonly partition: number
      readonly epoch: number
      /** How many aggregate records of this bucket and partition carry the epoch. */
      readonly keys: number
      /** Partitions that must be sealed. */
      readonly of: number
      readonly raw: number
      readonly through: number
    }
  | {
      readonly kind: 'dirty'
      readonly rollup: string
      readonly defHash: DefHash
      readonly place: Place
      readonly bucket: number
      readonly raw: number
    }
  | { readonly kind: 'rawVersion'; readonly dataset: string; readonly chunkStart: number; readonly version: number }
  | {
      readonly kind: 'coverage'
      readonly rollup: string
      readonly defHash: DefHash
      readonly place: Place
      readonly partition: number
      readonly complete: readonly { readonly interval: Interval; readonly raw: number }[]
    }

export interface WrittenRecord {
  readonly key: string
  readonly value: string
}

export function encodeRecord(record: AggregateRecord): WrittenRecord {
  switch (record.kind) {
    case 'aggregate':
      return json(['a', record.rollup, record.defHash, record.bucket, record.group], {
        e: record.epoch,
        m: record.measures,
      })
    case 'seal': {
      const { epoch: e, keys, of, raw, through } = record
      return json(['s', record.rollup, record.defHash, record.bucket, record.partition], { e, keys, of, raw, through })
    }
    case 'dirty':
      return json(['d', record.rollup, record.defHash, record.place, record.bucket], { raw: record.raw })
    case 'rawVersion':
      return json(['r', record.dataset, record.chunkStart], { v: record.version })
    case 'coverage':
      return json(['c', record.rollup, record.defHash, record.place, record.partition], {
        complete: record.complete.map(({ interval, raw }) => [interval.start, interval.end, raw]),
      })
  }
}

const json = (key: unknown, value: unknown): WrittenRecord => ({
  key: JSON.stringify(key),
  value: JSON.stringify(value),
})

/**
 * Reads one record. Throws LanewayError RECORD_UNREADABLE, with the reason, for anything that is not of the schema.
 * Unknown fields in values are ignored, so that the schema can grow.
 */
export function decodeRecord(key: string, value: string): AggregateRecord {
  const k = parsed(key, 'key')
  const v = parsed(value, 'value')
  if (!Array.isArray(k)) throw unreadable('key is not a JSON array')
  if (typeof v !== 'object' || v === null || Array.isArray(v)) throw unreadable('value is not a JSON object')
  return decodeParsed(k, v as Record<string, unknown>)
}

function decodeParsed(k: readonly unknown[], v: Record<string, unknown>): AggregateRecord {
  switch (k[0]) {
    case 'a':
      return {
        kind: 'aggregate',
        ...rollupOf(k),
        bucket: integer(k[3], 'key[3]'),
        group: groupOf(k[4]),
        epoch: integer(v.e, 'e'),
        measures: measuresOf(v.m),
      }
    case 's':
      return {
        kind: 'seal',
        ...rollupOf(k),
        bucket: integer(k[3], 'key[3]'),
        partition: integer(k[4], 'key[4]'),
        epoch: integer(v.e, 'e'),
        keys: integer(v.keys, 'keys'),
        of: integer(v.of, 'of'),
        raw: integer(v.raw, 'raw'),
        through: integer(v.through, 'through'),
      }
    case 'd':
      return {
        kind: 'dirty',
        ...rollupOf(k),
        place: placeOf(k[3]),
        bucket: integer(k[4], 'key[4]'),
        raw: integer(v.raw, 'raw'),
      }
    case 'r':
      return {
        kind: 'rawVersion',
        dataset: text(k[1], 'key[1]'),
        chunkStart: integer(k[2], 'key[2]'),
        version: integer(v.v, 'v'),
      }
    case 'c':
      return {
        kind: 'coverage',
        ...rollupOf(k),
        place: placeOf(k[3]),
        partition: integer(k[4], 'key[4]'),
        complete: completeOf(v.complete),
      }
    default:
      throw unreadable(`key starts with ${JSON.stringify(k[0])}, expected "a", "s", "d", "r" or "c"`)
  }
}

const unreadable = (reason: string): LanewayError =>
  new LanewayError('RECORD_UNREADABLE', { detail: `aggregates record: ${reason}` })

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable(`${what} is not JSON`)
  }
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw unreadable(`${where} is not a string`)
  return value
}

function integer(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value)) throw unreadable(`${where} is not an integer below 2^53`)
  return value as number
}

const rollupOf = (k: readonly unknown[]) => ({ rollup: text(k[1], 'key[1]'), defHash: text(k[2], 'key[2]') })

function placeOf(value: unknown): Place {
  if (value !== 'push' && value !== 'druid') throw unreadable('place is neither "push" nor "druid"')
  return value
}

function groupOf(value: unknown): Group {
  if (!Array.isArray(value) || value.some((each) => each !== null && typeof each !== 'string')) {
    throw unreadable('key[4] is not an array of strings and nulls')
  }
  return value as Group
}

function measuresOf(value: unknown): Record<string, WrittenState> {
  if (typeof value !== 'object' || value === null) throw unreadable('m is not an object')
  for (const [name, state] of Object.entries(value)) {
    if (!Array.isArray(state) || ![1, 2, 6, 8].includes(state.length) || !state.every(isWrittenNumber)) {
      throw unreadable(`m[${JSON.stringify(name)}] is not an array of 1, 2, 6 or 8 numbers`)
    }
  }
  return value as Record<string, WrittenState>
}

const isWrittenNumber = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d{1,40}$/.test(value))

function completeOf(value: unknown): { interval: Interval; raw: number }[] {
  if (!Array.isArray(value)) throw unreadable('complete is not an array')
  return value.map((each, i) => {
    const entry = Array.isArray(each) ? each : []
    const at = (j: number) => integer(entry[j], `complete[${i}][${j}]`)
    return { interval: { start: at(0), end: at(1) }, raw: at(2) }
  })
}
