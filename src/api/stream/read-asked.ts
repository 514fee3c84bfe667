import { LanewayError } from '../../model/errors.ts'
import type { QueryBody } from '../query/query-body.ts'
import { checkFields, parseQueryBody, type ReadBody } from '../query/read-body.ts'
import { readValueNames } from '../query/read-question.ts'
import { shown } from '../shown.ts'

/** What is asked and what of its body stands in `meta` of a snapshot. */
export interface StreamBody {
  readonly body: QueryBody
  readonly meta: object
}

/** The body as `query` of a URL, for clients that can only GET. Errors: those of a body, FIELD_INVALID. */
export function readText(text: string, strict: boolean, filterDepthMax: number): StreamBody {
  return streamed(parseQueryBody(parsed(text), { strict, filterDepthMax }))
}

/** A body that has passed its schema. */
export const readBody = (body: QueryBody, strict: boolean): StreamBody => streamed(checkFields(body, strict))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new LanewayError('FIELD_INVALID', {
      detail: `query parameter query must be the JSON body of POST /v2/metrics/{dataset}/query, got ${shown(text)}.`,
      hint: 'Percent-encode the body: encodeURIComponent(JSON.stringify(body)).',
      cause,
    })
  }
}

function streamed({ body, ignored }: ReadBody): StreamBody {
  refuseFormat(body)
  refuseExplain(body)
  const names = readValueNames(body)
  return { body, meta: { ...(names ? { values: names } : {}), ...(ignored.length > 0 ? { ignored } : {}) } }
}

/** Points are told one by one: there is nothing to group. */
function refuseFormat({ format = 'FLAT' }: QueryBody): void {
  if (format === 'FLAT') return
  throw new LanewayError('FIELD_INVALID', {
    detail: `format must be FLAT where points are streamed, got ${shown(format)}.`,
    pointer: '/format',
  })
}

function refuseExplain({ explain = 'summary' }: QueryBody): void {
  if (explain === 'summary' || explain === false) return
  throw new LanewayError('FIELD_INVALID', {
    detail: `explain must be summary where points are streamed, got ${shown(explain)}.`,
    hint: 'Ask POST /v2/metrics/{dataset}/query for the plan.',
    pointer: '/explain',
  })
}
