const TEXT_MAX = 80

/**
 * What was sent, short enough for an error's detail. Never walks into a value: a body may be nested deeper than the
 * stack.
 */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value !== 'string') return String(value)
  return JSON.stringify(value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value)
}

/** `['filter', 'filters', 0]` ▸ `/filter/filters/0` (RFC 6901). */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** `['filter', 'filters', 0]` ▸ `filter.filters[0]`, for sentences. */
export function fieldOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the body'
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`)).join('')
}
