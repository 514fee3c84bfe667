import type { MetricDescriptor } from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import { METRIC_TYPES, type MetricType } from '../model/measure.ts'
import { murmur2 } from '../model/murmur2.ts'
import type { LogRecord } from '../ports/log.ts'

export interface DescriptorPlace {
  readonly topic: string
  readonly partitions: number
  readonly timestampMs: number
}

/** Key `[dataset, metric]`, value the whole descriptor; all records of a metric lie in one partition. */
export function encodeDescriptor(
  descriptor: MetricDescriptor,
  { topic, partitions, timestampMs }: DescriptorPlace,
): LogRecord {
  const { dataset, name, type, unit, description, labels } = descriptor
  const key = Buffer.from(JSON.stringify([dataset, name]))
  const value = Buffer.from(JSON.stringify({ type, unit, description, labels }))
  return { topic, partition: murmur2(key) % partitions, key, value, timestampMs }
}

/** Error: RECORD_UNREADABLE with the reason. Unknown fields are ignored. */
export function decodeDescriptor(key: Uint8Array, value: Uint8Array): MetricDescriptor {
  const [dataset, name, ...rest] = listOf(parsed(key, 'key'), 'key')
  if (rest.length > 0) throw unreadable('key is not [dataset, metric]')
  const { type, unit, description, labels } = objectOf(parsed(value, 'value'))
  return {
    dataset: textOf(dataset, 'key[0]'),
    name: textOf(name, 'key[1]'),
    type: typeOf(type),
    unit: textOf(unit, 'unit'),
    description: textOf(description, 'description'),
    labels: listOf(labels, 'labels').map((label, i) => textOf(label, `labels[${i}]`)),
  }
}

function parsed(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw unreadable(`${what} is not JSON in UTF-8`, cause)
  }
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unreadable(`${where} is not an array`)
  return value
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable('value is not an object')
  return value as Record<string, unknown>
}

function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string') throw unreadable(`${where} is not a string`)
  return value
}

function typeOf(value: unknown): MetricType {
  const type = METRIC_TYPES.find((each) => each === value)
  if (!type) throw unreadable(`type is none of ${METRIC_TYPES.join(', ')}`)
  return type
}

const unreadable = (reason: string, cause?: unknown): LanewayError =>
  new LanewayError('RECORD_UNREADABLE', { detail: `descriptor record: ${reason}`, cause })
