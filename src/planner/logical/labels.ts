import type { Filter } from '../../model/filter.ts'
import { compareText } from '../../model/label.ts'
import { checkPattern } from '../../model/patterns.ts'
import type { Asking } from './asking.ts'
import { fieldAt, listed, shown } from './problems.ts'

/** Every label of group_by and filter must belong to every asked metric; a filter must not be too complex. */
export function checkLabels(asking: Asking): void {
  const { request, limits } = asking
  const allowed = allowedLabels(asking)
  for (const [i, label] of request.groupBy.entries()) {
    const pointer = `/group_by/${i}`
    if (request.groupBy.indexOf(label) < i) refuseRepeat(label, pointer, asking)
    else checkLabel(label, pointer, allowed, asking)
  }
  if (!request.filter) return
  const { comparisons, tooDeep } = comparisonsIn(request.filter, limits.filterDepthMax)
  if (tooDeep) refuseDepth(asking)
  refuseTerms(comparisons, asking)
  for (const { filter, label, pointer } of comparisons) {
    checkLabel(label, `${pointer}/field`, allowed, asking)
    if (filter.kind === 'regex') asking.problems.gather(() => checkPattern(filter.pattern, limits), `${pointer}/value`)
  }
}

/** null while no asked metric is known: nothing can be said about labels then. */
function allowedLabels({ request, dataset }: Asking): ReadonlySet<string> | null {
  const metrics = request.aggregations.flatMap(({ metric }) => dataset?.metrics.get(metric) ?? [])
  if (metrics.length === 0) return null
  return metrics.map(({ labels }) => new Set(labels)).reduce((common, labels) => common.intersection(labels))
}

function checkLabel(label: string, pointer: string, allowed: ReadonlySet<string> | null, asking: Asking): void {
  if (!allowed || allowed.has(label)) return
  const metrics = [...new Set(asking.request.aggregations.map(({ metric }) => metric))]
  const whose = metrics.length === 1 ? `metric ${metrics[0]}` : 'every asked metric'
  asking.problems.add('LABEL_UNKNOWN', {
    detail: `${fieldAt(pointer)} ${shown(label)} is no label of ${whose}; allowed: ${listed([...allowed].sort(compareText))}`,
    pointer,
  })
}

const refuseRepeat = (label: string, pointer: string, { problems }: Asking): void =>
  problems.add('FIELD_INVALID', {
    detail: `${fieldAt(pointer)} names ${shown(label)} again; each label may stand there once`,
    pointer,
  })

interface Comparison {
  readonly filter: Filter
  readonly label: string
  /** Of the comparison. */
  readonly pointer: string
  readonly terms: number
}

interface Walked {
  readonly comparisons: readonly Comparison[]
  readonly tooDeep: boolean
}

/** Comparisons with the place of their field in the body. What lies deeper than the limit is not looked at. */
function comparisonsIn(filter: Filter, depthMax: number): Walked {
  const comparisons: Comparison[] = []
  let tooDeep = false
  const walk = (each: Filter, pointer: string, depth: number): void => {
    if (depth > depthMax) tooDeep = true
    else if (each.kind === 'and' || each.kind === 'or') {
      for (const [i, inner] of each.filters.entries()) walk(inner, `${pointer}/filters/${i}`, depth + 1)
    } else if (each.kind === 'not') {
      // NE, LT and LTE are one comparison in the body.
      if (each.written) walk(each.filter, pointer, depth)
      else walk(each.filter, `${pointer}/filter`, depth + 1)
    } else if (each.kind !== 'true') {
      const terms = each.kind === 'in' ? each.values.length : 1
      comparisons.push({ filter: each, label: each.label, pointer, terms })
    }
  }
  walk(filter, '/filter', 1)
  return { comparisons, tooDeep }
}

const refuseDepth = ({ problems, limits }: Asking): void =>
  problems.add('FILTER_TOO_COMPLEX', {
    detail: `filter may be nested at most ${limits.filterDepthMax} deep; what was sent is deeper`,
    pointer: '/filter',
    limit: limits.filterDepthMax,
    configKey: 'query.filterDepthMax',
  })

function refuseTerms(comparisons: readonly Comparison[], { problems, limits }: Asking): void {
  const terms = comparisons.reduce((sum, each) => sum + each.terms, 0)
  if (terms <= limits.filterTermsMax) return
  problems.add('FILTER_TOO_COMPLEX', {
    detail: `filter has ${terms} comparisons (in-lists counted value by value), at most ${limits.filterTermsMax} are allowed`,
    pointer: '/filter',
    limit: limits.filterTermsMax,
    actual: terms,
    configKey: 'query.filterTermsMax',
  })
}
