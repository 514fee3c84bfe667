import { LanewayError, LanewayErrors } from '../../model/errors.ts'
import { ERRORS_MAX } from '../api-limits.ts'
import { fieldOf, pointerOf } from '../shown.ts'
import {
  AggregationBody,
  type FilterBody,
  type HavingBody,
  LATER_FIELDS,
  OrderByBody,
  QueryBody,
  RatioBody,
} from './query-body.ts'

const IGNORED_MAX = 50
/** Longer names are nobody's mistake; the answer shows their beginning. */
const SHOWN_CHARACTERS_MAX = 300

const KNOWN = {
  body: Object.keys(QueryBody.shape),
  aggregation: Object.keys(AggregationBody.shape),
  ratio: Object.keys(RatioBody.shape),
  orderBy: Object.keys(OrderByBody.shape),
  freshness: ['maxStaleness'],
}

const COMPARISON = ['op', 'field', 'value']

const KNOWN_OF_FILTER: Readonly<Record<FilterBody['op'], readonly string[]>> = {
  EQ: COMPARISON,
  NE: COMPARISON,
  GT: COMPARISON,
  GTE: COMPARISON,
  LT: COMPARISON,
  LTE: COMPARISON,
  IN: COMPARISON,
  PREFIX: COMPARISON,
  REGEX: COMPARISON,
  AND: ['op', 'filters'],
  OR: ['op', 'filters'],
  NOT: ['op', 'filter'],
}

const KNOWN_OF_HAVING = {
  compare: ['op', 'metric', 'agg', 'value'],
  joined: ['op', 'conditions'],
  not: ['op', 'condition'],
}

type Path = readonly PropertyKey[]

/** Pointers of fields that nobody knows, in the body's order; at most IGNORED_MAX. The body has passed its schema. */
export function ignoredFields(body: QueryBody): string[] {
  return unknownPaths(body).map((path) => pointerOf(path).slice(0, SHOWN_CHARACTERS_MAX))
}

/** Errors: FIELD_UNKNOWN for each of them (strict=true). */
export function refuseUnknown(body: QueryBody): void {
  const errors = unknownPaths(body).slice(0, ERRORS_MAX).map(unknownField)
  if (errors.length > 0) throw new LanewayErrors(errors)
}

function unknownPaths(body: QueryBody): Path[] {
  const found: Path[] = []
  collect(body, KNOWN.body, [], found)
  body.aggregations.forEach((each, i) => {
    collect(each, KNOWN.aggregation, ['aggregations', i], found)
  })
  body.ratios?.forEach((each, i) => {
    collect(each, KNOWN.ratio, ['ratios', i], found)
  })
  body.order_by?.forEach((each, i) => {
    collect(each, KNOWN.orderBy, ['order_by', i], found)
  })
  if (typeof body.freshness === 'object') collect(body.freshness, KNOWN.freshness, ['freshness'], found)
  if (body.filter) collectFilter(body.filter, ['filter'], found)
  if (body.having) collectHaving(body.having, ['having'], found)
  return found
}

function collect(value: object, known: readonly string[], at: Path, into: Path[]): void {
  for (const key of Object.keys(value)) {
    if (into.length >= IGNORED_MAX) return
    if (!known.includes(key)) into.push([...at, key])
  }
}

/** The depth is bounded before (filter-depth.ts). */
function collectFilter(filter: FilterBody, at: Path, into: Path[]): void {
  collect(filter, KNOWN_OF_FILTER[filter.op], at, into)
  if (filter.op === 'AND' || filter.op === 'OR') {
    filter.filters.forEach((each, i) => {
      collectFilter(each, [...at, 'filters', i], into)
    })
  } else if (filter.op === 'NOT') collectFilter(filter.filter, [...at, 'filter'], into)
}

function collectHaving(having: HavingBody, at: Path, into: Path[]): void {
  if (having.op === 'AND' || having.op === 'OR') {
    collect(having, KNOWN_OF_HAVING.joined, at, into)
    having.conditions.forEach((each, i) => {
      collectHaving(each, [...at, 'conditions', i], into)
    })
  } else if (having.op === 'NOT') {
    collect(having, KNOWN_OF_HAVING.not, at, into)
    collectHaving(having.condition, [...at, 'condition'], into)
  } else collect(having, KNOWN_OF_HAVING.compare, at, into)
}

const unknownField = (path: Path): LanewayError =>
  new LanewayError('FIELD_UNKNOWN', {
    detail: `${fieldOf(path).slice(0, SHOWN_CHARACTERS_MAX)} is not a field of this route, and the question was asked with strict=true.`,
    pointer: pointerOf(path).slice(0, SHOWN_CHARACTERS_MAX),
  })

/** Errors: NOT_SUPPORTED_YET for fields that would change the answer and are not built. */
export function refuseLaterFields(body: QueryBody): void {
  const paths: Path[] = LATER_FIELDS.filter((name) => Object.hasOwn(body, name)).map((name) => [name])
  if (paths.length > 0) throw new LanewayErrors(paths.slice(0, ERRORS_MAX).map(laterField))
}

const laterField = (path: Path): LanewayError =>
  new LanewayError('NOT_SUPPORTED_YET', {
    detail: `${fieldOf(path)} is part of the contract but not built yet; it would change the answer, so it is not ignored.`,
    pointer: pointerOf(path),
  })
