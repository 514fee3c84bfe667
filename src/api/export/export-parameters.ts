import { z } from 'zod'
import type { DatasetDefinition } from '../../model/definition.ts'
import { parseDuration } from '../../model/duration.ts'
import { LanewayError } from '../../model/errors.ts'
import { parseInterval } from '../../model/interval-text.ts'
import type { LabelChoice, SettledTime } from '../../planner/engine.ts'
import { shown } from '../shown.ts'
import type { ExportLimits } from './export-limits.ts'

/** Patterns are for readers of the contract: what does not fit is refused below, in words. */
const Ids = z.string().meta({ pattern: '[^,\\s]' })
const ManyIds = z.union([Ids, z.array(Ids)])
const Names = z.union([z.string(), z.array(z.string())])

/** Of Metrics API v2. A dataset may have others, and need not have these. */
const V2_TYPES = ['kafka', 'connector', 'custom_connector', 'ksql', 'schema_registry', 'compute_pool'] as const

const resourceParameters = Object.fromEntries(
  V2_TYPES.flatMap((type) =>
    [`resource.${type}.id`, `resource_${type}_id`].map((name) => [
      name,
      ManyIds.optional().describe(
        'Ids, repeated or separated by commas; both spellings may be mixed. Any resource of the dataset may be named so.',
      ),
    ]),
  ),
)

export const ExportParameters = z.looseObject({
  ...resourceParameters,
  metric: Names.optional().describe('Metrics to export, repeated; every exportable one when left out.'),
  since: z
    .string()
    .max(100)
    .optional()
    .meta({ pattern: '^(?:\\d{1,12}(?:\\.\\d{1,9})?|\\d{4}-\\d{2}-\\d{2}T.+|now.*)$' })
    .describe('First bucket to export: a time as in intervals, or Unix seconds. Not together with lookback.'),
  lookback: z
    .string()
    .max(100)
    .optional()
    .meta({ pattern: '^P' })
    .describe('How much time to export up to the newest settled bucket, like PT5M.'),
  counters: z
    .enum(['delta', 'cumulative'])
    .optional()
    .describe('`cumulative`: counters as totals (`_total`) instead of increases by bucket.'),
  ignore_failed_metrics: z
    .enum(['true', 'false'])
    .optional()
    .describe('Export the other metrics when some fail, and say which in `export_status`.'),
})
export type ExportParameters = z.infer<typeof ExportParameters>

const listOf = (value: unknown): readonly string[] => (value === undefined ? [] : [value].flat().map(String))

export const metricsOf = ({ metric }: ExportParameters): readonly string[] | null =>
  metric === undefined ? null : listOf(metric)

/** Values by resource label. Error: FIELD_INVALID for a resource that is neither the dataset's nor one of v2. */
export function resourcesOf(parameters: ExportParameters, dataset: DatasetDefinition): readonly LabelChoice[] {
  const choices = new Map<string, Set<string>>()
  for (const [name, sent] of Object.entries(parameters)) {
    if (!/^resource[._]/.test(name) || sent === undefined) continue
    const label = resourceLabel(name, dataset)
    const values = listOf(sent).flatMap((text) => text.split(',').map((value) => value.trim()))
    const ids = values.filter((value) => value !== '')
    if (ids.length === 0) throw invalid(name, 'names no id', sent)
    choices.set(label, new Set([...(choices.get(label) ?? []), ...ids]))
  }
  return [...choices].map(([label, values]) => ({ label, values: [...values].sort() }))
}

/** `resource.kafka.id` and `resource_kafka_id` ▸ `resource.kafka.id`. */
function resourceLabel(name: string, { resources }: DatasetDefinition): string {
  const known = [...resources.values()].map(({ id }) => id)
  const all = [...known, ...V2_TYPES.map((type) => `resource.${type}.id`)]
  const label = all.find((id) => id === name || id.replaceAll('.', '_') === name)
  if (label !== undefined) return label
  throw new LanewayError('FIELD_INVALID', {
    detail: `query parameter ${shown(name)} is no resource of the dataset; allowed: ${known.join(', ') || 'none'}, also written with _ for .`,
  })
}

/** Errors: FIELD_INVALID. */
export function timeOf(parameters: ExportParameters, limits: ExportLimits, now: number): SettledTime {
  const { since, lookback } = parameters
  if (since !== undefined && lookback !== undefined) throw invalid('since', 'may not stand beside lookback', since)
  if (since !== undefined) return { kind: 'since', ms: momentOf(since, now) }
  return lookback === undefined ? { kind: 'newest' } : { kind: 'lookback', ms: lengthOf(lookback, limits) }
}

function momentOf(text: string, now: number): number {
  if (/^\d{1,12}(?:\.\d{1,9})?$/.test(text)) {
    const ms = Number(text) * 1000
    if (ms < LATEST_MS) return ms
    throw invalid('since', 'must be Unix seconds before the year 10000', text)
  }
  try {
    return parseInterval(`${text}/PT1M`, now).start
  } catch {
    throw invalid('since', 'must be a time like 2026-11-21T10:00:00Z or Unix seconds', text)
  }
}

const LATEST_MS = Date.UTC(10_000, 0, 1)

function lengthOf(text: string, { lookbackMsMax }: ExportLimits): number {
  const duration = parseDuration(text)
  if (duration === undefined || duration.months > 0 || duration.ms <= 0) {
    throw invalid('lookback', 'must be a duration like PT5M', text)
  }
  if (duration.ms <= lookbackMsMax) return duration.ms
  throw new LanewayError('FIELD_INVALID', {
    detail: `query parameter lookback may be at most ${lookbackMsMax / 1000} s, got ${shown(text)}`,
    limit: lookbackMsMax,
    actual: duration.ms,
    configKey: 'export.lookbackMsMax',
  })
}

const invalid = (name: string, rule: string, sent: unknown): LanewayError =>
  new LanewayError('FIELD_INVALID', { detail: `query parameter ${name} ${rule}, got ${shown(sent)}` })
