import { readFilter } from '../../../src/api/query/read-question.ts'
import type { Filter } from '../../../src/model/filter.ts'

const TOKEN = /"(?:[^"\\]|\\.)*"|>=|<=|!=|[=><~(),]|[^\s"=><~!(),]+/g

/**
 * `topic = a and not (host in (x, "y z") or host > b)` ▸ Filter; NOT binds closest, OR last. Throws on anything else.
 * `topic != a`, `< a` and `<= a` are what requests write as NE, LT and LTE.
 */
export function parseFilter(text: string): Filter {
  const tokens = new Tokens(text.match(TOKEN) ?? [])
  const filter = either(tokens)
  tokens.end()
  return filter
}

/** `"a b"` ▸ a b; a bare word stands for itself. */
export const unquoted = (word: string): string => (word.startsWith('"') ? (JSON.parse(word) as string) : word)

class Tokens {
  readonly #tokens: readonly string[]
  #next = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  take(): string {
    const token = this.#tokens[this.#next++]
    if (token === undefined) throw new SyntaxError('the filter ends too early')
    return token
  }

  takeIf(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false
    this.#next++
    return true
  }

  expect(token: string): void {
    const found = this.take()
    if (found !== token) throw new SyntaxError(`${token} expected in the filter, not ${found}`)
  }

  end(): void {
    const left = this.#tokens.slice(this.#next)
    if (left.length > 0) throw new SyntaxError(`nothing expected after the filter, not ${left.join(' ')}`)
  }
}

function either(tokens: Tokens): Filter {
  const filters = [both(tokens)]
  while (tokens.takeIf('or')) filters.push(both(tokens))
  return filters.length === 1 ? filters[0]! : { kind: 'or', filters }
}

function both(tokens: Tokens): Filter {
  const filters = [one(tokens)]
  while (tokens.takeIf('and')) filters.push(one(tokens))
  return filters.length === 1 ? filters[0]! : { kind: 'and', filters }
}

function one(tokens: Tokens): Filter {
  if (tokens.takeIf('true')) return { kind: 'true' }
  if (tokens.takeIf('not')) return { kind: 'not', filter: one(tokens) }
  if (!tokens.takeIf('(')) return comparison(tokens)
  const filter = either(tokens)
  tokens.expect(')')
  return filter
}

const OPERATORS = { '=': 'EQ', '!=': 'NE', '>': 'GT', '>=': 'GTE', '<': 'LT', '<=': 'LTE' } as const

function comparison(tokens: Tokens): Filter {
  const label = unquoted(tokens.take())
  const operator = tokens.take()
  if (operator === 'in') return { kind: 'in', label, values: list(tokens) }
  if (operator === 'prefix') return { kind: 'prefix', label, value: unquoted(tokens.take()) }
  if (operator === '~') return { kind: 'regex', label, pattern: unquoted(tokens.take()) }
  if (!Object.hasOwn(OPERATORS, operator))
    throw new SyntaxError(`a comparison expected after ${label}, not ${operator}`)
  return readFilter({ op: OPERATORS[operator as keyof typeof OPERATORS], field: label, value: unquoted(tokens.take()) })
}

function list(tokens: Tokens): string[] {
  tokens.expect('(')
  const values: string[] = []
  while (!tokens.takeIf(')')) {
    if (values.length > 0) tokens.expect(',')
    values.push(unquoted(tokens.take()))
  }
  return values
}
