import type { Group } from '../../model/label.ts'
import type { LabelsRequest, ReadingExits } from '../../planner/engine.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import { boundFilterDepth } from '../query/filter-depth.ts'
import { FilterBody } from '../query/query-body.ts'
import { readFilter } from '../query/read-question.ts'
import { problemsOf } from '../zod-problems.ts'
import { freshnessView, labelsView } from './answer-view.ts'
import { filterBody } from './conditions-body.ts'
import type { GraphqlContext } from './context.ts'
import { boundFirst, Cursors, connectionOf } from './cursors.ts'
import type { FilterInput, LabelValuesArguments } from './inputs.ts'
import { Places } from './places.ts'

export interface LabelValuesParts {
  readonly engine: Pick<ReadingExits, 'labels'>
  readonly tokens: PageTokens
  readonly filterDepthMax: number
}

const ENTRIES = { max: 1000, fallback: 100 }

/** All pages are over the time that the first one asked. */
interface Position {
  readonly now: number
  readonly after: Group
}

/** `labelValues`: keyset paging, in the order of the values. */
export async function labelValuesPage(
  args: LabelValuesArguments,
  { asker, asking, caller }: GraphqlContext,
  parts: LabelValuesParts,
) {
  const places = new Places()
  places.set('/group_by', '/input/groupBy')
  places.set('/limit', '/first')
  const asked = readLabels(args, places, parts.filterDepthMax)
  const cursors = new Cursors<Position>(parts.tokens, ['labelValues', asked], caller)
  const position = cursors.read(args.after)
  const now = position?.now ?? asking.now!
  const request = { ...asked, ...(position && { after: position.after }) }
  const answer = await places.around(parts.engine.labels(request, { ...asking, now }))
  asker.spend(answer.cost)
  const connection = connectionOf({
    items: answer.groups,
    view: (group) => ({ labels: labelsView(answer.labels, group) }),
    cursorOf: (after) => cursors.write({ now, after }),
    hasNextPage: answer.more,
    hasPreviousPage: position !== null,
  })
  return { ...connection, freshness: freshnessView(answer.freshness) }
}

function readLabels({ dataset, input, first }: LabelValuesArguments, places: Places, depthMax: number): LabelsRequest {
  const { groupBy, metric = null, filter, intervals } = input
  const read = filter ? { filter: filterOf(filter, places, depthMax) } : {}
  return { dataset, metric, groupBy, intervals, limit: boundFirst(first, ENTRIES), ...read }
}

/** Errors as over REST, pointing into the arguments. */
function filterOf(filter: FilterInput, places: Places, filterDepthMax: number) {
  const body = { filter: filterBody(filter, { body: '/filter', input: '/input/filter' }, places) }
  try {
    boundFilterDepth(body, filterDepthMax)
    const parsed = FilterBody.safeParse(body.filter)
    if (parsed.success) return readFilter(parsed.data)
    throw problemsOf(parsed.error, body.filter, 'body')
  } catch (error) {
    throw places.relocated(error)
  }
}
