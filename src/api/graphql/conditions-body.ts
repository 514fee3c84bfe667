import { COMPARISONS, type FilterInput, type HavingInput } from './inputs.ts'
import type { Places } from './places.ts'

/** Where a condition stands: in the body that is made, and in the arguments. */
interface At {
  readonly body: string
  readonly input: string
}

/** `{and: [{eq: {label, value}}]}` ▸ `{op: 'AND', filters: [{op: 'EQ', field, value}]}`. The depth is bounded before. */
export function filterBody(filter: FilterInput, at: At, places: Places): object {
  places.set(at.body, at.input)
  const { and, or, not } = filter
  const many = and ?? or
  if (many) {
    const key = and ? 'and' : 'or'
    places.set(`${at.body}/filters`, `${at.input}/${key}`)
    const inner = (i: number): At => ({ body: `${at.body}/filters/${i}`, input: `${at.input}/${key}/${i}` })
    return { op: key.toUpperCase(), filters: many.map((each, i) => filterBody(each, inner(i), places)) }
  }
  if (not)
    return { op: 'NOT', filter: filterBody(not, { body: `${at.body}/filter`, input: `${at.input}/not` }, places) }
  if (filter.in) {
    noteComparison('in', 'values', at, places)
    return { op: 'IN', field: filter.in.label, value: filter.in.values }
  }
  const key = ([...COMPARISONS, 'prefix', 'regex'] as const).find((each) => filter[each])!
  noteComparison(key, 'value', at, places)
  return { op: key.toUpperCase(), field: filter[key]!.label, value: filter[key]!.value }
}

function noteComparison(key: string, value: string, at: At, places: Places): void {
  places.set(`${at.body}/field`, `${at.input}/${key}/label`)
  places.set(`${at.body}/value`, `${at.input}/${key}/${value}`)
}

/** `{and: [{gt: {metric, value}}]}` ▸ `{op: 'AND', conditions: [{op: 'GT', metric, value}]}`. The depth is bounded before. */
export function havingBody(having: HavingInput, at: At, places: Places): object {
  places.set(at.body, at.input)
  const { and, or, not } = having
  const many = and ?? or
  if (many) {
    const key = and ? 'and' : 'or'
    places.set(`${at.body}/conditions`, `${at.input}/${key}`)
    const inner = (i: number): At => ({ body: `${at.body}/conditions/${i}`, input: `${at.input}/${key}/${i}` })
    return { op: key.toUpperCase(), conditions: many.map((each, i) => havingBody(each, inner(i), places)) }
  }
  if (not) {
    return { op: 'NOT', condition: havingBody(not, { body: `${at.body}/condition`, input: `${at.input}/not` }, places) }
  }
  const key = COMPARISONS.find((each) => having[each])!
  const { metric, agg, value } = having[key]!
  for (const name of ['metric', 'agg', 'value']) places.set(`${at.body}/${name}`, `${at.input}/${key}/${name}`)
  return { op: key.toUpperCase(), metric, ...(agg && { agg }), value: Number(value) }
}
