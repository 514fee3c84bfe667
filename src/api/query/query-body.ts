import { z } from 'zod'
import { FILLS } from '../../model/answer-value.ts'
import { GRANULARITIES } from '../../model/granularity.ts'
import { SPACES, TIMES } from '../../model/measure.ts'
import { VALUE_OPS } from '../../model/value-condition.ts'
import { PageTokenParameter } from '../paging/page-tokens.ts'

/** What may be sent to the query route. Bounds here are of form; what the catalog and the limits say is the planner's. */

const AGGREGATIONS_MAX = 16
const RATIOS_MAX = 16
const GROUP_BY_MAX = 32
const SOURCES_MAX = 32
const INTERVAL_CHARACTERS_MAX = 200

/** Metric and label names and ids have up to 255 characters, as in Metrics API v2. */
const Name = z.string().min(1).max(255)

const FilterValue = z.union([z.string(), z.int()], {
  error: `must be a text or an integer between ±${Number.MAX_SAFE_INTEGER} (greater ones as text)`,
})

const COMPARING = ['EQ', 'NE', 'GT', 'GTE', 'LT', 'LTE'] as const
type Comparing = (typeof COMPARING)[number]

export type FilterBody =
  | { readonly op: Comparing; readonly field: string; readonly value: string | number }
  | { readonly op: 'PREFIX' | 'REGEX'; readonly field: string; readonly value: string }
  | { readonly op: 'IN'; readonly field: string; readonly value: readonly (string | number)[] }
  | { readonly op: 'AND' | 'OR'; readonly filters: readonly FilterBody[] }
  | { readonly op: 'NOT'; readonly filter: FilterBody }

/** Discriminated on `op`, so that a mistake is told about the operator that was meant. */
export const FilterBody: z.ZodType<FilterBody> = z
  .discriminatedUnion('op', [
    z.object({ op: z.enum(COMPARING), field: Name, value: FilterValue }),
    z.object({ op: z.literal('PREFIX'), field: Name, value: z.string() }).describe('The value begins with this text.'),
    z
      .object({ op: z.literal('REGEX'), field: Name, value: z.string() })
      .describe('The whole value matches this pattern. RE2 syntax: no look-around, no back references.'),
    z.object({ op: z.literal('IN'), field: Name, value: z.array(FilterValue).min(1) }),
    z.object({
      op: z.enum(['AND', 'OR']),
      get filters(): z.ZodArray<z.ZodType<FilterBody>> {
        return z.array(FilterBody).min(1)
      },
    }),
    z.object({
      op: z.literal('NOT'),
      get filter(): z.ZodType<FilterBody> {
        return FilterBody
      },
    }),
  ])
  .describe(
    'Comparisons are by code point, under three-valued logic: neither NOT (a EQ x) nor a NE x matches where a is absent.',
  )
  .meta({ id: 'Filter' })

/** `as`, ratios and conditions go by names that are good keys everywhere; the planner says what a name may be. */
const ValueName = z.string().min(1).max(64)

/** A value of the answer, as `order_by` and `having` name it. */
const NAMED = {
  metric: Name.describe('What `as` calls an aggregation or a ratio, else a metric that is asked for.'),
  agg: z.enum(SPACES).optional().describe('Which aggregation, where a metric is asked for several times.'),
}

export type HavingBody =
  | { readonly op: (typeof VALUE_OPS)[number]; readonly metric: string; readonly agg?: Agg; readonly value: number }
  | { readonly op: 'AND' | 'OR'; readonly conditions: readonly HavingBody[] }
  | { readonly op: 'NOT'; readonly condition: HavingBody }
type Agg = (typeof SPACES)[number] | undefined

export const HavingBody: z.ZodType<HavingBody> = z
  .discriminatedUnion('op', [
    z.object({ op: z.enum(VALUE_OPS), ...NAMED, value: z.number() }),
    z.object({
      op: z.enum(['AND', 'OR']),
      get conditions(): z.ZodArray<z.ZodType<HavingBody>> {
        return z.array(HavingBody).min(1)
      },
    }),
    z.object({
      op: z.literal('NOT'),
      get condition(): z.ZodType<HavingBody> {
        return HavingBody
      },
    }),
  ])
  .describe('On finished values; one that is absent makes its comparison unknown, and only what is true is kept.')
  .meta({ id: 'Having' })

export const AggregationBody = z.object({
  metric: Name,
  agg: z.enum(SPACES).optional().describe('Over the series of a group, within one step. Default SUM.'),
  time: z.enum(TIMES).optional().describe('Over the steps of a bucket. Default SUM for counters, AVG for gauges.'),
  as: ValueName.optional().describe('A name for `ratios`, `having` and `order_by`: letters, digits and _.'),
})

export const RatioBody = z.object({
  numerator: ValueName.describe('`as` of an aggregation.'),
  denominator: ValueName.describe('`as` of an aggregation.'),
  as: ValueName.optional(),
})

export const OrderByBody = z.object({
  ...NAMED,
  order: z.enum(['ASCENDING', 'DESCENDING']).optional().describe('Default DESCENDING.'),
})

const Freshness = z.union([z.enum(['latest', 'sealed']), z.object({ maxStaleness: z.string() })], {
  error: 'must be latest, sealed or {"maxStaleness": "PT5M"}',
})

const Explain = z.union([z.boolean(), z.enum(['summary', 'full', 'plan'])], {
  error: 'must be true, false, summary, full or plan',
})

const Sources = z.array(Name).max(SOURCES_MAX)

export const QueryBody = z
  .object({
    aggregations: z.array(AggregationBody).min(1).max(AGGREGATIONS_MAX),
    granularity: z.enum(GRANULARITIES),
    intervals: z
      .array(z.string().min(1).max(INTERVAL_CHARACTERS_MAX))
      .min(1)
      .describe('start/end, start/duration or duration/end; `now`, offsets and truncation as in Metrics API v2.'),
    group_by: z.array(Name).max(GROUP_BY_MAX).optional(),
    filter: FilterBody.optional(),
    ratios: z
      .array(RatioBody)
      .max(RATIOS_MAX)
      .optional()
      .describe('numerator / denominator; null where one is absent or the denominator is 0. Behind the aggregations.'),
    having: HavingBody.optional().describe('Keeps points (with granularity ALL: groups) by their values.'),
    order_by: z
      .array(OrderByBody)
      .max(1)
      .optional()
      .describe('Orders groups by a value taken over all intervals, as granularity ALL would answer it.'),
    fill: z
      .enum(FILLS)
      .optional()
      .describe('What a bucket without a value answers, in groups that have one. Default none: no row.'),
    limit: z.int().min(1).optional().describe('Counts groups. Default 100, with granularity ALL 1000.'),
    format: z.enum(['FLAT', 'GROUPED']).optional().describe('Default FLAT; GROUPED needs a non-empty group_by.'),
    timezone: z.string().min(1).max(64).optional().describe('Accepted by the contract, not built yet.'),
    freshness: Freshness.optional().describe('Default latest.'),
    use: Sources.min(1).optional().describe('Source ids or `dataset/rollup`; nothing else may answer.'),
    avoid: Sources.optional().describe('Source ids or `dataset/rollup` that may not answer.'),
    accuracy: z.enum(['exact', 'approximate']).optional().describe('Every answer is exact so far.'),
    explain: Explain.optional().describe('Default summary; true is full; plan does not run the question.'),
  })
  .meta({
    id: 'Query',
    examples: [
      {
        aggregations: [{ metric: 'io.confluent.kafka.server/received_bytes' }],
        group_by: ['metric.topic'],
        filter: { field: 'resource.kafka.id', op: 'EQ', value: 'lkc-aurora' },
        granularity: 'PT1H',
        intervals: ['PT2H/now'],
        limit: 5,
      },
    ],
  })

export type QueryBody = z.infer<typeof QueryBody>

/** Fields of the contract that change an answer and are not built yet: refused, never ignored. */
export const LATER_FIELDS: readonly string[] = ['verify', 'partial']

export const QueryParameters = z.object({
  strict: z.enum(['true', 'false']).optional().describe('true refuses unknown fields; else meta.ignored lists them.'),
  page_token: PageTokenParameter.optional(),
})
export type QueryParameters = z.infer<typeof QueryParameters>
