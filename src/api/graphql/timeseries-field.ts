import type { GraphQLResolveInfo } from 'graphql'
import type { FrozenAt, ReadingExits } from '../../planner/engine.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import { connectionView } from './answer-view.ts'
import type { GraphqlContext } from './context.ts'
import { Cursors } from './cursors.ts'
import type { TimeseriesArguments } from './inputs.ts'
import { type Selected, selectedBelow } from './lookahead.ts'
import { type AskedField, readField } from './question-input.ts'

export interface TimeseriesParts {
  readonly engine: Pick<ReadingExits, 'page'>
  readonly tokens: PageTokens
  readonly filterDepthMax: number
}

/** Groups before a page, and what makes it part of the same answer. */
interface Position {
  readonly from: number
  readonly frozen: FrozenAt
}

const CURSORS = ['edges.cursor', 'pageInfo.startCursor', 'pageInfo.endCursor']
const POINTS = ['nodes.points', 'edges.node.points', 'groups.points']

export const fieldsOfPoint = (selected: Selected): number => selected.childrenOf(...POINTS)

/** `timeseries`: frozen and paged where a cursor is asked for or given, else shared with its siblings. */
export async function timeseriesPage(
  args: TimeseriesArguments,
  { context, info, parts }: { context: GraphqlContext; info: GraphQLResolveInfo; parts: TimeseriesParts },
): Promise<object> {
  const asked = readField(args, parts.filterDepthMax)
  const selected = selectedBelow(info)
  const isPaged = (args.after ?? null) !== null || (selected.has(...CURSORS) && asked.question.groupBy.length > 0)
  return isPaged
    ? await pagedView(asked, args.after, { context, selected, parts })
    : await sharedView(asked, context, selected)
}

async function sharedView({ question, level, places }: AskedField, context: GraphqlContext, selected: Selected) {
  const wantsPlan = selected.has('plan')
  const answer = await places.around(context.asker.answer({ question, level, wantsPlan }))
  context.points.take(answer.frame, fieldsOfPoint(selected))
  return connectionView(answer, { hasPreviousPage: false, hasNextPage: answer.frame.truncated, cursorAfter: () => '' })
}

interface Around {
  readonly context: GraphqlContext
  readonly selected: Selected
  readonly parts: TimeseriesParts
}

async function pagedView(
  { question, level, places }: AskedField,
  after: string | null | undefined,
  { context, selected, parts }: Around,
) {
  const { asker, asking, caller, points } = context
  const cursors = new Cursors<Position>(parts.tokens, ['timeseries', question, level], caller)
  const position = cursors.read(after)
  const page = {
    from: 0,
    frozen: null,
    ...position,
    level: level === 'full' ? ('full' as const) : ('summary' as const),
  }
  const answer = await places.around(parts.engine.page(question, page, asking))
  asker.spend(answer.cost)
  points.take(answer.frame, fieldsOfPoint(selected))
  return connectionView(answer, {
    hasPreviousPage: page.from > 0,
    hasNextPage: answer.groupsLeft > 0,
    cursorAfter: (groups) => cursors.write({ from: page.from + groups, frozen: answer.frozen }, answer.expiresMs),
  })
}
