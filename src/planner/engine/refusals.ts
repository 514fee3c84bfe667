import { LanewayError } from '../../model/errors.ts'
import { conjuncts, pinnedLabels } from '../../model/filter.ts'
import type { ResultFrame } from '../../model/frame.ts'
import { formatInterval } from '../../model/interval.ts'
import { measureKey } from '../../model/measure.ts'
import type { CandidateReport } from '../contract.ts'
import { bucketsIn } from '../logical/intervals.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { MissingPiece, Route } from '../routing/route.ts'
import { isDiscreet } from './discreet.ts'

const PIECES_MAX = 5
const CANDIDATES_MAX = 6
const REASONS_MAX = 2

/** Names the pieces that nobody may answer, and why not. */
export function unserved(question: LogicalQuery, { missing, candidates }: Route): LanewayError {
  const pieces = missing.slice(0, PIECES_MAX).map((piece) => pieceText(piece, question))
  const more = missing.length > PIECES_MAX ? ` and ${missing.length - PIECES_MAX} more pieces` : ''
  return new LanewayError('EDGE_UNAVAILABLE', {
    detail: `no allowed source holds ${pieces.join(', ')}${more}: ${whyText(candidates)}`,
    pointer: '/intervals',
  })
}

function pieceText({ interval, measures }: MissingPiece, question: LogicalQuery): string {
  if (measures.length === question.measures.length) return formatInterval(interval)
  return `${formatInterval(interval)} of ${measures.map((i) => measureKey(question.measures[i]!)).join(', ')}`
}

/** Raw first: it would have any measure and label. */
function whyText(candidates: readonly CandidateReport[]): string {
  if (candidates.length === 0) return 'there is no source'
  const sorted = [...candidates].sort((a, b) => Number(a.rollup !== null) - Number(b.rollup !== null))
  const texts = sorted.slice(0, CANDIDATES_MAX).map(({ source, rollup, reasons }) => {
    const against = reasons.filter(({ code }) => code !== 'COST')
    const why = against.slice(0, REASONS_MAX).map(({ detail }) => detail)
    return `${source}${rollup === null ? '' : ` ${rollup}`} (${why.join('; ') || 'serves other pieces'})`
  })
  const more = sorted.length > CANDIDATES_MAX ? `; and ${sorted.length - CANDIDATES_MAX} more candidates` : ''
  return `${texts.join('; ')}${more}`
}

/** Before anything runs: throws QUERY_TOO_EXPENSIVE when the answer is expected to hold too many values. */
export function refuseExpensive(question: LogicalQuery, { cost }: Route): void {
  const { granularity, intervals, valuesMax } = question
  if (valuesMax === null) return
  const each = valuesIn(question)
  const perGroup = bucketsIn(granularity, intervals) * each
  const groups = Math.min(question.limit ?? 1, groupsOf(question))
  const known = isDiscreet(question) ? Number.POSITIVE_INFINITY : cost * each
  const values = Math.min(groups * perGroup, known)
  if (values <= valuesMax) return
  const fitting = Math.floor(valuesMax / perGroup)
  throw tooManyValues(values, valuesMax, {
    detail: `up to ${groups} groups of up to ${perGroup} values each${isDiscreet(question) ? '' : `, of ${cost} rows`}: ${values} values`,
    hint: `Ask with limit ${fitting} or less, for less time, or with a coarser granularity.`,
  })
}

/** Groups that the filter leaves possible: values of the group-by labels, multiplied; infinite where one is free. */
function groupsOf({ filter, groupBy }: LogicalQuery): number {
  const pinned = pinnedLabels(filter)
  const lists = new Map(
    conjuncts(filter).flatMap((each) => (each.kind === 'in' ? [[each.label, each.values.length]] : [])),
  )
  return groupBy.reduce((groups, label) => groups * (pinned.has(label) ? 1 : (lists.get(label) ?? Infinity)), 1)
}

/** Values of one point: measures, then ratios. */
const valuesIn = ({ measures, ratios }: LogicalQuery): number => measures.length + ratios.length

/** After the merge: the answer as it is. Throws QUERY_TOO_EXPENSIVE. */
export function refuseManyValues({ series }: ResultFrame, question: LogicalQuery): void {
  const { valuesMax } = question
  const values = series.reduce((sum, { points }) => sum + points.length * valuesIn(question), 0)
  if (valuesMax === null || values <= valuesMax) return
  throw tooManyValues(values, valuesMax, {
    detail: `the answer has ${values} values`,
    hint: 'Ask with a smaller limit, for less time, or with a coarser granularity.',
  })
}

const tooManyValues = (values: number, valuesMax: number, facts: { detail: string; hint: string }) =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `${facts.detail}; an answer may hold ${valuesMax}`,
    hint: facts.hint,
    limit: valuesMax,
    actual: values,
    configKey: 'query.valuesMax',
  })
