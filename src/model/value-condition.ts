import type { Truth } from './filter.ts'
import type { Num } from './number.ts'

export const VALUE_OPS = ['GT', 'GTE', 'LT', 'LTE', 'EQ', 'NE'] as const
export type ValueOp = (typeof VALUE_OPS)[number]

/** A condition on the finished values of one point, each named by `Name`; an absent value makes it unknown. */
export type ConditionOn<Name> =
  | { readonly kind: 'compare'; readonly value: Name; readonly op: ValueOp; readonly than: Num }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly ConditionOn<Name>[] }
  | { readonly kind: 'not'; readonly condition: ConditionOn<Name> }

/** Values by their position in a point. */
export type ValueCondition = ConditionOn<number>

/** Three-valued, as filters are: NOT unknown is unknown. Integers compare exactly, also beyond 2^53 and with doubles. */
export function truthOf(condition: ValueCondition, values: readonly (Num | null)[]): Truth {
  switch (condition.kind) {
    case 'compare':
      return compared(values[condition.value] ?? null, condition.op, condition.than)
    case 'and':
      return least(condition.conditions.map((each) => truthOf(each, values)))
    case 'or':
      return negated(least(condition.conditions.map((each) => negated(truthOf(each, values)))))
    case 'not':
      return negated(truthOf(condition.condition, values))
  }
}

function compared(value: Num | null, op: ValueOp, than: Num): Truth {
  if (value === null) return null
  switch (op) {
    case 'GT':
      return value > than
    case 'GTE':
      return value >= than
    case 'LT':
      return value < than
    case 'LTE':
      return value <= than
    case 'EQ':
      return value >= than && value <= than
    case 'NE':
      return value < than || value > than
  }
}

const negated = (truth: Truth): Truth => (truth === null ? null : !truth)

/** false before unknown before true. */
function least(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false
  return truths.includes(null) ? null : true
}

/** Injective text, for fingerprints. */
export function conditionKey(condition: ValueCondition): string {
  switch (condition.kind) {
    case 'compare':
      return JSON.stringify([condition.value, condition.op, String(condition.than)])
    case 'not':
      return `["not",${conditionKey(condition.condition)}]`
    default:
      return `["${condition.kind}",${condition.conditions.map(conditionKey).join(',')}]`
  }
}
