import { LanewayError } from '../../model/errors.ts'
import { shown } from '../shown.ts'

export const GRAPHQL_TYPE = 'application/graphql-response+json'
export const JSON_TYPE = 'application/json'
export type AnswerType = typeof GRAPHQL_TYPE | typeof JSON_TYPE

/**
 * Which of the two a client reads (GraphQL over HTTP, "Media types"). The newer one is only answered where it is named:
 * its status says how the request went, while clients of plain JSON expect 200 and read `errors`. Error: NOT_ACCEPTABLE.
 */
export function answerTypeOf(accept: string | undefined): AnswerType {
  if (accept === undefined || accept.trim() === '') return JSON_TYPE
  const ranges = accept.split(',').map(readRange)
  const named = qualityOf(ranges, [GRAPHQL_TYPE])
  const json = qualityOf(ranges, [JSON_TYPE, 'application/*', '*/*'])
  if (named > 0 && named >= json) return GRAPHQL_TYPE
  if (json > 0) return JSON_TYPE
  if (qualityOf(ranges, [GRAPHQL_TYPE, 'application/*', '*/*']) > 0) return GRAPHQL_TYPE
  throw new LanewayError('NOT_ACCEPTABLE', {
    detail: `Accept is ${shown(accept)}; this route answers ${GRAPHQL_TYPE} or ${JSON_TYPE}.`,
    hint: `Accept ${GRAPHQL_TYPE} or ${JSON_TYPE}.`,
  })
}

interface Range {
  readonly type: string
  readonly quality: number
}

/** Of the most exact range that fits (RFC 9110, 12.5.1); 0 when none does. */
function qualityOf(ranges: readonly Range[], wanted: readonly string[]): number {
  for (const type of wanted) {
    const fit = ranges.find((range) => range.type === type)
    if (fit) return fit.quality
  }
  return 0
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = q === undefined ? 1 : Number(q.slice(2))
  return { type, quality: Number.isNaN(quality) ? 1 : quality }
}
