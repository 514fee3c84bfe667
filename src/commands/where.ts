import { wrongUsage } from './command.ts'

/** A filter of Metrics API v2 with Laneway's operators. */
export interface Condition {
  readonly field: string
  readonly op: string
  readonly value: string | readonly string[]
}

/** Of labels and of values alike. */
export const COMPARISONS: Readonly<Record<string, string>> = {
  '=': 'EQ',
  '!=': 'NE',
  '<': 'LT',
  '<=': 'LTE',
  '>': 'GT',
  '>=': 'GTE',
}
const OPERATORS: Readonly<Record<string, string>> = { ...COMPARISONS, '^=': 'PREFIX', '=~': 'REGEX' }

const COMPARISON = /^([^\s=!<>^~]+)(\s*)(=~|\^=|!=|<=|>=|=|<|>)(.*)$/s
const IN_LIST = /^([^\s=!<>^~]+)\s+in\s+(.+)$/s

export const WHERE_FORMS = 'LABEL=VALUE; also !=, <, <=, >, >=, ^= (prefix), =~ (regex), or "LABEL in A,B,C"'

/**
 * `metric.topic=orders` ▸ EQ. Everything behind the operator is the value, spaces too, unless a space stands before
 * the operator: then the ones behind it are for the eye as well. Error: CONFIG_INVALID.
 */
export function readWhere(text: string): Condition {
  const list = IN_LIST.exec(text)
  if (list) return { field: list[1]!, op: 'IN', value: list[2]!.split(',').map((each) => each.trim()) }
  const match = COMPARISON.exec(text)
  if (!match) throw wrongUsage(`--where ${text}: no comparison in it`, `Write it as ${WHERE_FORMS}.`)
  const [, field, space, operator, rest] = match
  return { field: field!, op: OPERATORS[operator!]!, value: space === '' ? rest! : rest!.trimStart() }
}
