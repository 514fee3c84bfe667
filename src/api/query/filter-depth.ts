import { LanewayError } from '../../model/errors.ts'

interface Nested {
  readonly value: unknown
  readonly depth: number
}

/**
 * Holds the nesting of `filter` to the limit, before anything recurses into it; walks with a list of its own, so that
 * a body of any depth ends quickly. Arrays and objects that are no filters count as well. Error: FILTER_TOO_COMPLEX.
 */
export function boundFilterDepth(body: unknown, depthMax: number): void {
  if (!isContainer(body) || !Object.hasOwn(body, 'filter')) return
  const waiting: Nested[] = [{ value: (body as { filter: unknown }).filter, depth: 1 }]
  for (let nested = waiting.pop(); nested !== undefined; nested = waiting.pop()) {
    const { value, depth } = nested
    if (!isContainer(value)) continue
    if (depth > depthMax) throw tooDeep(depthMax)
    // A list of filters is no level of its own; lists in lists are.
    for (const child of Object.values(value)) {
      if (Array.isArray(child)) for (const each of child) waiting.push({ value: each, depth: depth + 1 })
      else waiting.push({ value: child, depth: depth + 1 })
    }
  }
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

const tooDeep = (limit: number): LanewayError =>
  new LanewayError('FILTER_TOO_COMPLEX', {
    detail: `filter may be nested at most ${limit} deep; what was sent is deeper.`,
    pointer: '/filter',
    limit,
    configKey: 'query.filterDepthMax',
  })
