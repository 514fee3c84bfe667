import type { ConditionOn, ValueCondition } from '../../model/value-condition.ts'
import type { Asking } from './asking.ts'
import { fieldAt } from './problems.ts'
import type { HavingRequest, ValueName } from './question.ts'
import { type AskedValues, valueMeant } from './values.ts'

/** Names ▸ positions. Held to the same depth and number of comparisons as a filter. */
export function readHaving(values: AskedValues, asking: Asking): ValueCondition | null {
  const { having } = asking.request
  if (!having || isTooComplex(having, asking) || !values.complete) return null
  return resolved(having, '/having', values, asking)
}

function resolved(condition: HavingRequest, pointer: string, values: AskedValues, asking: Asking): ValueCondition {
  switch (condition.kind) {
    case 'compare':
      return { ...condition, value: positionOf(condition.value, `${pointer}/metric`, values, asking) }
    case 'not':
      return { kind: 'not', condition: resolved(condition.condition, `${pointer}/condition`, values, asking) }
    default: {
      const conditions = condition.conditions.map((each, i) =>
        resolved(each, `${pointer}/conditions/${i}`, values, asking),
      )
      return { kind: condition.kind, conditions }
    }
  }
}

/** Any position where the name means nothing: the question is refused then. */
function positionOf(name: ValueName, pointer: string, values: AskedValues, { problems }: Asking): number {
  const meant = valueMeant(name, values)
  if ('position' in meant) return meant.position
  problems.add('FIELD_INVALID', { detail: `${fieldAt(pointer)} ${meant.wrong}`, pointer })
  return 0
}

function isTooComplex(having: HavingRequest, { limits, problems }: Asking): boolean {
  const { terms, tooDeep } = sizeOf(having, limits.filterDepthMax)
  const pointer = '/having'
  if (tooDeep) {
    problems.add('FILTER_TOO_COMPLEX', {
      detail: `having may be nested at most ${limits.filterDepthMax} deep; what was sent is deeper`,
      pointer,
      limit: limits.filterDepthMax,
      configKey: 'query.filterDepthMax',
    })
  }
  if (terms > limits.filterTermsMax) {
    problems.add('FILTER_TOO_COMPLEX', {
      detail: `having has ${terms} comparisons, at most ${limits.filterTermsMax} are allowed`,
      pointer,
      limit: limits.filterTermsMax,
      actual: terms,
      configKey: 'query.filterTermsMax',
    })
  }
  return tooDeep || terms > limits.filterTermsMax
}

/** What lies deeper than the limit is not looked at. */
function sizeOf(having: HavingRequest, depthMax: number): { terms: number; tooDeep: boolean } {
  let terms = 0
  let tooDeep = false
  const walk = (condition: ConditionOn<ValueName>, depth: number): void => {
    if (depth > depthMax) tooDeep = true
    else if (condition.kind === 'compare') terms++
    else if (condition.kind === 'not') walk(condition.condition, depth + 1)
    else for (const each of condition.conditions) walk(each, depth + 1)
  }
  walk(having, 1)
  return { terms, tooDeep }
}
