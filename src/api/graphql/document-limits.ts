import { LanewayError } from '../../model/errors.ts'
import type { DocumentSize } from './document-size.ts'
import type { GraphqlLimits } from './options.ts'

type Bounds = Pick<GraphqlLimits, 'depthMax' | 'aliasesMax' | 'costMax'>

/** Holds what an operation comes to, to the limits; names the limit and the place. Error: QUERY_TOO_EXPENSIVE. */
export function refuseBeyond(size: DocumentSize, bounds: Bounds): void {
  const { depth, aliases, cost, deepest, costliest } = size
  if (depth > bounds.depthMax) {
    throw tooMuch(depth, bounds.depthMax, 'graphql.depthMax', {
      detail: `${deepest} is nested ${depth} deep, at most ${bounds.depthMax} are allowed`,
      hint: 'Select fewer levels.',
    })
  }
  if (aliases > bounds.aliasesMax) {
    throw tooMuch(aliases, bounds.aliasesMax, 'graphql.aliasesMax', {
      detail: `the operation has ${aliases} aliased fields, at most ${bounds.aliasesMax} are allowed`,
      hint: 'Ask in several operations.',
    })
  }
  if (cost > bounds.costMax) {
    throw tooMuch(cost, bounds.costMax, 'graphql.costMax', {
      detail: `the operation costs ${cost} (fields, below a connection times its first), at most ${bounds.costMax} are allowed; most of it is ${costliest}`,
      hint: 'Select fewer fields, or less with first.',
    })
  }
}

const tooMuch = (
  actual: number,
  limit: number,
  configKey: string,
  { detail, hint }: { detail: string; hint: string },
) =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail,
    pointer: '/query',
    hint,
    limit,
    ...(Number.isFinite(actual) ? { actual } : {}),
    configKey,
  })
