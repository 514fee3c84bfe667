import { LanewayError } from '../../model/errors.ts'
import { scopeKey } from '../../model/scope.ts'
import type { Caller } from '../caller.ts'
import type { PageTokens } from '../paging/page-tokens.ts'

/** Cursors of one list as one caller reads it: signed page tokens, good for nothing else. */
export class Cursors<Position> {
  readonly #tokens: PageTokens
  readonly #bound: readonly unknown[]

  constructor(tokens: PageTokens, list: readonly unknown[], caller: Caller) {
    this.#tokens = tokens
    this.#bound = ['graphql', ...list, scopeKey(caller.scope)]
  }

  write(position: Position, expiresMs: number | null = null): string {
    return this.#tokens.write(this.#bound, position, expiresMs)
  }

  /** Null without a cursor. Errors: PAGE_TOKEN_INVALID, PAGE_TOKEN_EXPIRED. */
  read(cursor: string | null | undefined): Position | null {
    try {
      return this.#tokens.read<Position>(cursor ?? undefined, this.#bound)
    } catch (error) {
      throw error instanceof LanewayError ? ofCursor(error) : error
    }
  }
}

/** The same failure in the words of connections. */
function ofCursor({ code, facts }: LanewayError): LanewayError {
  const detail = facts.detail.replace('page_token', 'after')
  const hint = 'Send pageInfo.endCursor of the page before with everything else as it was, or start without after.'
  return new LanewayError(code, { ...facts, detail, pointer: '/after', hint })
}

/** Error: FIELD_INVALID. */
export function boundFirst(first: number | null | undefined, { max, fallback }: { max: number; fallback: number }) {
  if (first === null || first === undefined) return fallback
  if (first >= 1 && first <= max) return first
  throw new LanewayError('FIELD_INVALID', {
    detail: `first must be from 1 to ${max}, got ${first}.`,
    pointer: '/first',
    limit: max,
    actual: first,
  })
}

export interface ConnectionParts<T, V> {
  readonly items: readonly T[]
  readonly view: (item: T) => V
  /** Written only where it is asked for. */
  readonly cursorOf: (item: T) => string
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** One page of a list that is read forwards. */
export function connectionOf<T, V>({ items, view, cursorOf, hasNextPage, hasPreviousPage }: ConnectionParts<T, V>) {
  const cursor = (item: T | undefined) => () => (item === undefined ? null : cursorOf(item))
  const edges = items.map((item) => ({ cursor: cursor(item), node: view(item) }))
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: { hasNextPage, hasPreviousPage, startCursor: cursor(items[0]), endCursor: cursor(items.at(-1)) },
  }
}
