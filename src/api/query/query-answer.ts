import { z } from 'zod'
import { GRANULARITIES } from '../../model/granularity.ts'

/** What the query route answers; tests hold real answers to these schemas. */

const Time = z.iso.datetime()

const Point = z.object({
  timestamp: Time.describe('Start of the bucket.'),
  value: z
    .number()
    .nullable()
    .optional()
    .describe('With one aggregation and no ratio. Integers beyond 2^53 keep all digits.'),
  values: z
    .array(z.number().nullable())
    .optional()
    .describe('With several: aggregations, then ratios, in their order.'),
  cut: z.literal(true).optional().describe("The bucket is shortened by the interval's edge."),
})

const Label = z.union([z.string(), z.null(), z.number(), z.array(z.number().nullable()), z.literal(true)])

export const FlatRow = Point.catchall(Label)
  .describe('One bucket of one group; each label of group_by is a key, null where the series lacks it.')
  .meta({ id: 'FlatRow' })

export const Group = z
  .object({ points: z.array(Point).min(1) })
  .catchall(z.string().nullable())
  .describe('One group; each label of group_by is a key.')
  .meta({ id: 'Group' })

const Slice = z.strictObject({
  interval: z.string(),
  source: z.string(),
  rollup: z.string().nullable(),
  defHash: z.string().nullable(),
  grain: z.enum(GRANULARITIES),
  measures: z.array(z.string()),
  raw: z.number().nullable().describe('Raw version read; null before it ran, and for callers with constraints.'),
  asOf: Time.nullable(),
  rowsEstimated: z.number().optional().describe('Absent for callers with constraints.'),
  rowsRead: z.number().optional(),
  ms: z.number().optional(),
})

const Reason = z.strictObject({
  code: z.string(),
  label: z.string().optional(),
  metric: z.string().optional(),
  interval: z.string().optional(),
  detail: z.string(),
})

const Candidate = z.strictObject({
  source: z.string(),
  rollup: z.string().nullable(),
  defHash: z.string().nullable(),
  chosen: z.boolean(),
  measures: z.array(z.string()),
  reasons: z.array(Reason),
})

export const Plan = z
  .strictObject({
    catalogVersion: z.number().optional().describe('Absent for callers with constraints.'),
    exact: z.boolean(),
    asOf: Time.nullable(),
    slices: z.array(Slice).describe('Which source answered which piece.'),
    candidates: z
      .union([z.number(), z.array(Candidate)])
      .describe('How many were considered; with full and plan, each.'),
    missing: z.array(z.string()),
    stale: z.array(z.string()),
    hint: z.string().nullable().describe('The smallest catalog change that would have made it cheap.'),
  })
  .meta({ id: 'Plan' })

export const FreshnessAnswer = z
  .strictObject({
    completeThrough: Time.describe('Every bucket before this moment is complete.'),
    asOf: Time,
    state: z.enum(['complete', 'provisional', 'stale']),
    sources: z.array(z.string()),
  })
  .meta({ id: 'Freshness' })

export const QueryAnswer = z
  .strictObject({
    data: z.union([z.array(FlatRow), z.array(Group)]),
    meta: z.strictObject({
      format: z.enum(['FLAT', 'GROUPED']),
      pagination: z.strictObject({
        page_size: z.number().describe('Groups in this answer.'),
        total_size: z.number().describe('Groups there are.'),
        next_page_token: z
          .string()
          .optional()
          .describe('Send it as page_token with the same body; absent on the last page.'),
        expires: Time.optional().describe('Until when the token is good.'),
      }),
      truncated: z.boolean().describe('More groups follow behind this page.'),
      groupsTotal: z.number(),
      values: z
        .array(z.string().nullable())
        .optional()
        .describe('Names of the values of a point, in their order; null where `as` gave none.'),
      freshness: FreshnessAnswer.optional().describe('Absent with explain: plan.'),
      plan: Plan,
      ignored: z.array(z.string()).optional().describe('JSON pointers of fields of the body that nobody knows.'),
    }),
  })
  .meta({ id: 'QueryAnswer' })
