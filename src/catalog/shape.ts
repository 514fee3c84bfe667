import { z } from 'zod'
import { nominalMs, parseDuration } from '../model/duration.ts'
import { DAY_MS, GRANULARITIES, type Grain, HOUR_MS } from '../model/granularity.ts'
import { METRIC_TYPES, SPACES } from '../model/measure.ts'
import type { CatalogFile, KeyPath } from './catalog-file.ts'
import { DATASET_NAME, LABEL_NAME, type NameRule } from './names.ts'
import type { Problems } from './problems.ts'

/** Base steps: whole parts of an hour, because raw chunks are hours. */
export const STEPS = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H'] as const
const GRAINS = GRANULARITIES.filter((each): each is Grain => each !== 'ALL')

const duration = z.string().transform((text, context) => {
  const parsed = parseDuration(text)
  if (parsed !== undefined && Number.isSafeInteger(nominalMs(parsed))) return nominalMs(parsed)
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(text)} is not a duration; allowed: ISO-8601 like PT90S, PT1H, P7D or P2Y`,
  })
  return z.NEVER
})

const named = ({ pattern, rule }: NameRule) =>
  z.string().refine((text) => pattern.test(text), {
    error: (issue) => `${JSON.stringify(issue.input)} is not allowed; allowed: ${rule}`,
  })

const label = named(LABEL_NAME)

function strict<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `is not a key here; allowed: ${Object.keys(shape).join(', ')}` : undefined,
  })
}

/** A key without a value counts as an empty map. */
const emptyIfNull = (value: unknown): unknown => value ?? {}
const mapOf = <T extends z.ZodType>(schema: T) => z.preprocess(emptyIfNull, z.record(z.string(), schema))
const listOf = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? [], z.array(schema))

/** `[a, {b: x}]` ▸ `{a: null, b: x}` */
function attributesOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  const entries = value.map((each) => (typeof each === 'string' ? { [each]: null } : each))
  return entries.every(isMap) ? Object.assign({}, ...entries) : value
}

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const ATTRIBUTES = 'a list of resource attributes, or a map of them with the values they must have'

const Match = strict({
  resource: z.preprocess(
    attributesOf,
    z
      .record(z.string(), z.string().nullable(), {
        error: ({ input }) => (isMap(input) ? undefined : `${shown(input)} is not allowed; allowed: ${ATTRIBUTES}`),
      })
      .refine((map) => Object.keys(map).length > 0, 'is empty; allowed: at least one resource attribute'),
  ),
})

export const HeadShape = strict({
  dataset: named(DATASET_NAME),
  step: z.enum(STEPS).default('PT1M'),
  lateness: duration.default(90_000),
  dedupe: duration.default(HOUR_MS),
  strict: z.boolean().default(false),
  match: Match.optional(),
  retention: strict({ raw: duration.default(7 * DAY_MS) }).default({ raw: 7 * DAY_MS }),
  resources: z.unknown().optional(),
  labels: z.unknown().optional(),
  metrics: z.unknown().optional(),
  rollups: z.unknown().optional(),
})
export type HeadShape = z.output<typeof HeadShape>

export const ResourcesShape = mapOf(
  strict({
    id: label.refine(
      (text) => text.startsWith('resource.'),
      'is not allowed; allowed: a label that starts with resource.',
    ),
    description: z.string().default(''),
  }),
)

export const LabelsShape = mapOf(
  z.preprocess(
    emptyIfNull,
    strict({ description: z.string().default(''), cardinality: z.enum(['normal', 'high']).default('normal') }),
  ),
)

export const MetricShape = strict({
  type: z.enum(METRIC_TYPES),
  unit: z.string().default('1'),
  description: z.string().default(''),
  resources: listOf(z.string()),
  labels: listOf(label),
  missing: z.enum(['absent', 'zero']).default('absent'),
  exportable: z.boolean().default(true),
  lifecycle: z.enum(['PREVIEW', 'GENERAL_AVAILABILITY', 'DEPRECATED']).default('GENERAL_AVAILABILITY'),
  from: strict({
    otlp: z.string().min(1, 'is empty; allowed: the name of a metric as senders send it').optional(),
    labels: mapOf(label),
    resource: mapOf(label),
    skip: mapOf(z.array(z.string()).min(1, 'is empty; allowed: a list of attribute values')),
  }).optional(),
})
export type MetricShape = z.output<typeof MetricShape>

/** v2's filter, as far as a rollup's own filter may go. */
export type FilterShape =
  | { readonly op: 'AND'; readonly filters: readonly FilterShape[] }
  | { readonly op: 'EQ'; readonly field: string; readonly value: string }
  | { readonly op: 'IN'; readonly field: string; readonly value: readonly string[] }

const FilterShape: z.ZodType<FilterShape> = z.lazy(() =>
  z.discriminatedUnion(
    'op',
    [
      strict({ op: z.literal('AND'), filters: z.array(FilterShape).min(1, 'is empty; allowed: at least one filter') }),
      strict({ op: z.literal('EQ'), field: label, value: z.string() }),
      strict({
        op: z.literal('IN'),
        field: label,
        value: z.array(z.string()).min(1, 'is empty; allowed: at least one value'),
      }),
    ],
    'is not allowed in a rollup; allowed: EQ, IN and AND of them',
  ),
)

export const RollupShape = strict({
  grain: z.enum(GRAINS as [Grain, ...Grain[]]),
  labels: z.array(label),
  measures: z
    .array(
      z.preprocess(
        (value) => (typeof value === 'string' ? { metric: value } : value),
        strict({ metric: z.string(), space: z.enum(SPACES).default('SUM') }),
      ),
    )
    .min(1, 'is empty; allowed: at least one metric'),
  filter: FilterShape.optional(),
  keep: strict({ push: duration.optional(), druid: duration.optional() }).default({}),
})
export type RollupShape = z.output<typeof RollupShape>

/** The value in its shape with defaults filled in, or undefined and a problem for every issue. */
export function checkShape<T extends z.ZodType>(
  schema: T,
  value: unknown,
  at: { readonly file: CatalogFile; readonly key: KeyPath; readonly problems: Problems },
): z.output<T> | undefined {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const key = [...at.key, ...(issue.path as (string | number)[])]
    if (issue.code !== 'unrecognized_keys') at.problems.add(at.file, key, sentence(issue))
    else for (const name of issue.keys) at.problems.add(at.file, [...key, name], issue.message + commaHint(issue, name))
  }
  return undefined
}

/** `{ description: Size, in bytes }` has a key `in bytes` without a value. */
function commaHint({ input }: z.core.$ZodIssue, name: string): string {
  const cut = isMap(input) && (input as Record<string, unknown>)[name] === null
  return cut ? ' (inside { } text with a comma needs quotes)' : ''
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  boolean: 'true or false',
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    if (issue.input === undefined) return `is missing; allowed: ${issue.values.join(', ')}`
    return `${shown(issue.input)} is not allowed; allowed: ${issue.values.join(', ')}`
  }
  if (issue.code !== 'invalid_type' || issue.message.includes('allowed: ')) return issue.message
  const expected = TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`
  if (issue.input === undefined) return `is missing; allowed: ${expected}`
  const hint = issue.expected === 'string' && typeof issue.input === 'number' ? ' (write it in quotes)' : ''
  return `${shown(issue.input)} is not allowed; allowed: ${expected}${hint}`
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80)
