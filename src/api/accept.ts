import { LanewayError } from '../model/errors.ts'
import { shown } from './shown.ts'

/** Holds Accept to what the route can answer. Error: NOT_ACCEPTABLE. */
export function checkAccept(accept: string | undefined, produces: readonly string[] | undefined): void {
  if (accept === undefined || accept.trim() === '' || produces === undefined) return
  if (produces.some((type) => accepts(accept, type))) return
  throw new LanewayError('NOT_ACCEPTABLE', {
    detail: `Accept is ${shown(accept)}; this route answers ${produces.join(' or ')}.`,
    hint: `Accept ${produces.join(' or ')}.`,
  })
}

/** The most exact range that fits decides; q=0 forbids (RFC 9110, 12.5.1). */
function accepts(accept: string, type: string): boolean {
  const [main] = type.split('/')
  const ranges = accept.split(',').map(readRange)
  for (const wanted of [type, `${main}/*`, '*/*']) {
    const fit = ranges.find(({ range }) => range === wanted)
    if (fit) return fit.quality > 0
  }
  return false
}

function readRange(text: string): { range: string; quality: number } {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = q === undefined ? 1 : Number(q.slice(2))
  return { range, quality: Number.isNaN(quality) ? 1 : quality }
}
