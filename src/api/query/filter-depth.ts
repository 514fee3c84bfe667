import { LanewayError } from '../../model/errors.ts'

interface Nested {
  readonly value: unknown
  readonly depth: number
}

/**
 * Holds the nesting of `filter` and `having` to the limit, before anything recurses into them; walks with a list of its
 * own, so that a body of any depth ends quickly. Arrays and objects that are no filters count as well. Error:
 * FILTER_TOO_COMPLEX.
 */
export function boundFilterDepth(body: unknown, depthMax: number): void {
  if (!isContainer(body)) return
  for (const name of NESTED) {
    if (Object.hasOwn(body, name)) boundDepthOf(name, (body as Record<Field, unknown>)[name], depthMax)
  }
}

const NESTED = ['filter', 'having'] as const
type Field = (typeof NESTED)[number]

function boundDepthOf(name: Field, field: unknown, depthMax: number): void {
  const waiting: Nested[] = [{ value: field, depth: 1 }]
  for (let nested = waiting.pop(); nested !== undefined; nested = waiting.pop()) {
    const { value, depth } = nested
    if (!isContainer(value)) continue
    if (depth > depthMax) throw tooDeep(name, depthMax)
    // A list of filters is no level of its own; lists in lists are.
    for (const child of Object.values(value)) {
      if (Array.isArray(child)) for (const each of child) waiting.push({ value: each, depth: depth + 1 })
      else waiting.push({ value: child, depth: depth + 1 })
    }
  }
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

const tooDeep = (name: Field, limit: number): LanewayError =>
  new LanewayError('FILTER_TOO_COMPLEX', {
    detail: `${name} may be nested at most ${limit} deep; what was sent is deeper.`,
    pointer: `/${name}`,
    limit,
    configKey: 'query.filterDepthMax',
  })
