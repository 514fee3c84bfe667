import type { ExplainLevel, QueryRequest } from '../../planner/engine.ts'
import { parseQueryBody } from '../query/read-body.ts'
import { readExplain, readQuestion } from '../query/read-question.ts'
import { filterBody, havingBody } from './conditions-body.ts'
import type { TimeseriesArguments, TimeseriesInput } from './inputs.ts'
import { Places } from './places.ts'

export interface AskedField {
  readonly question: QueryRequest
  readonly level: ExplainLevel
  /** Points failures of the question into the field's arguments. */
  readonly places: Places
}

/**
 * The arguments of a field ▸ the body that says the same over REST ▸ a question, read by the one reader of bodies.
 * Errors: as over REST, pointing into the arguments.
 */
export function readField({ dataset, input, first }: TimeseriesArguments, filterDepthMax: number): AskedField {
  const places = new Places()
  const written = bodyOf(input, first, places)
  try {
    const { body } = parseQueryBody(written, { strict: true, filterDepthMax })
    return { question: readQuestion(dataset, body), level: readExplain(body), places }
  } catch (error) {
    throw places.relocated(error)
  }
}

function bodyOf(input: TimeseriesInput, first: number | null | undefined, places: Places): Record<string, unknown> {
  places.set('/group_by', '/input/groupBy')
  places.set('/order_by/0', '/input/orderBy')
  places.set('/order_by', '/input/orderBy')
  places.set('/limit', '/first')
  const { filter, having, orderBy } = input
  return said({
    aggregations: input.aggregations.map(said),
    ratios: input.ratios?.map(said),
    granularity: input.granularity,
    intervals: input.intervals,
    group_by: input.groupBy,
    filter: filter && filterBody(filter, { body: '/filter', input: '/input/filter' }, places),
    having: having && havingBody(having, { body: '/having', input: '/input/having' }, places),
    order_by: orderBy && [said({ ...orderBy })],
    fill: input.fill?.toLowerCase(),
    limit: first,
    timezone: input.timezone,
    freshness: input.freshness && freshnessBody(input.freshness, places),
    use: input.use,
    avoid: input.avoid,
    explain: input.explain?.toLowerCase(),
  })
}

/** Without what is null or left out: GraphQL has both for what v2 only leaves out. */
const said = (fields: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))

function freshnessBody({ mode, maxStaleness }: NonNullable<TimeseriesInput['freshness']>, places: Places): unknown {
  if (mode === undefined) return { maxStaleness }
  places.set('/freshness', '/input/freshness/mode')
  return mode.toLowerCase()
}
