import type { GraphQLResolveInfo } from 'graphql'
import type { ResultPoint } from '../../model/frame.ts'
import type { Answer, Engine, ReadingExits, Watched } from '../../planner/engine.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import { freshnessView, type GroupView, labelsView, planView, pointFields, updateView } from './answer-view.ts'
import { metricsPage, resourceList } from './catalog-fields.ts'
import type { GraphqlContext } from './context.ts'
import type { FieldCode, Resolver, Resolvers } from './executable-schema.ts'
import type { LabelValuesArguments, MetricsArguments, TimeseriesArguments } from './inputs.ts'
import { labelValuesPage } from './label-values-field.ts'
import { selectedBelow } from './lookahead.ts'
import { readField } from './question-input.ts'
import { fieldsOfPoint, timeseriesPage } from './timeseries-field.ts'
import { watchedStates } from './watched-field.ts'

export type GraphqlEngine = Pick<
  Engine & ReadingExits,
  'answer' | 'explain' | 'watch' | 'labels' | 'page' | 'seriesCounts'
>

export interface ResolverParts {
  readonly engine: GraphqlEngine
  readonly tokens: PageTokens
  readonly filterDepthMax: number
}

type Info = GraphQLResolveInfo

/** The code behind schema.graphql; what is not here is read off its parent by its name. */
export function resolversOf(parts: ResolverParts): Resolvers {
  return {
    Query: {
      timeseries: field<TimeseriesArguments>((args, context, info) => timeseriesPage(args, { context, info, parts })),
      freshness: field<TimeseriesArguments>((args, context) => freshness(args, context, parts)),
      explain: field<TimeseriesArguments>((args, context) => explain(args, context, parts)),
      metrics: field<MetricsArguments>((args, context) => metricsPage(args, context, parts)),
      resources: field<{ readonly dataset: string }>(({ dataset }, context) => resourceList(dataset, context)),
      labelValues: field<LabelValuesArguments>((args, context) => labelValuesPage(args, context, parts)),
    },
    Subscription: { timeseries: { subscribe: subscribeWith(parts), resolve: told } },
    Group: {
      labels: { resolve: (source) => labelsView((source as GroupView).names, (source as GroupView).series.group) },
      points: { resolve: pointsOf },
    },
    Point: {
      timestamp: { resolve: (source) => pointFields.timestamp(source as ResultPoint) },
      value: { resolve: (source) => pointFields.value(source as ResultPoint) },
    },
  }
}

const field = <A>(answer: (args: A, context: GraphqlContext, info: Info) => unknown): FieldCode => ({
  resolve: (_source, args, context, info) => answer(args as A, context, info),
})

async function freshness(args: TimeseriesArguments, { asker }: GraphqlContext, parts: ResolverParts): Promise<object> {
  const { question, places } = readField(args, parts.filterDepthMax)
  const asked = asker.answer({ question, level: 'summary', wantsPlan: false })
  return freshnessView((await places.around(asked)).freshness)
}

async function explain(args: TimeseriesArguments, { asker }: GraphqlContext, parts: ResolverParts): Promise<object> {
  const { question, places } = readField(args, parts.filterDepthMax)
  return planView(await places.around(asker.explain(question)))
}

const subscribeWith =
  ({ engine, filterDepthMax }: ResolverParts): Resolver =>
  (_source, args, { asking }) => {
    const asked = args as TimeseriesArguments
    const { question, places } = readField(asked, filterDepthMax)
    const { now: _, ...options } = asking
    const periodMs = asked.periodMs ?? undefined
    return watchedStates({ engine, question, places }, { ...options, ...(periodMs && { periodMs }) })
  }

/** Each answer counts for itself: a subscription may go on for ever. */
const told: Resolver = (source, _args, { asker, points }, info) => {
  const { answer, revision } = source as { readonly answer: Answer } & Watched
  asker.spend(answer.cost)
  points.restart()
  points.take(answer.frame, fieldsOfPoint(selectedBelow(info)))
  return updateView(answer, revision)
}

const pointsOf: Resolver = (source, _args, { points: budget }) => {
  const { points } = (source as GroupView).series
  const turn = budget.turn()
  return turn ? turn.then(() => points) : points
}
