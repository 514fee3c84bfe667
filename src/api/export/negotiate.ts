import { LanewayError } from '../../model/errors.ts'
import { shown } from '../shown.ts'
import { ESCAPINGS, type Escaping } from './escaping.ts'

export interface ExportFormat {
  readonly kind: 'text' | 'openmetrics'
  readonly escaping: Escaping
  /** As the answer's Content-Type says it. */
  readonly contentType: string
}

/** What can be sent, in order of preference where Accept has none. */
const OFFERS = [
  { kind: 'text', type: 'text/plain', version: '0.0.4' },
  { kind: 'openmetrics', type: 'application/openmetrics-text', version: '1.0.0' },
  { kind: 'text', type: 'text/plain', version: '1.0.0' },
] as const
type Offer = (typeof OFFERS)[number]

export const EXPORT_TYPES: readonly string[] = [...new Set(OFFERS.map(({ type }) => type))]

/**
 * The offer with the greatest q, by the most exact range that fits each (RFC 9110, 12.5.1); among equals the one
 * named first. Without Accept: text 0.0.4. Error: NOT_ACCEPTABLE.
 */
export function formatFor(accept: string | undefined): ExportFormat {
  if (accept === undefined || accept.trim() === '') return formatOf(OFFERS[0], undefined)
  const ranges = elementsOf(accept)
  const found = OFFERS.flatMap((offer) => {
    const range = bestRange(offer, ranges)
    return range && range.quality > 0 ? { offer, range } : []
  })
  const [best] = found.sort(
    (a, b) => b.range.quality - a.range.quality || ranges.indexOf(a.range) - ranges.indexOf(b.range),
  )
  if (best) return formatOf(best.offer, best.range.parameters.get('escaping'))
  const types = OFFERS.map(({ type, version }) => `${type};version=${version}`).join(' or ')
  throw new LanewayError('NOT_ACCEPTABLE', {
    detail: `Accept is ${shown(accept)}; this route answers ${types}.`,
    hint: `Accept ${types}.`,
  })
}

/** Scrapers send the same Accept each time, often a long one: the last few are remembered. */
export class Formats {
  readonly #known = new Map<string | undefined, ExportFormat>()

  /** Error: NOT_ACCEPTABLE. */
  for(accept: string | undefined): ExportFormat {
    let format = this.#known.get(accept)
    if (format === undefined) {
      format = formatFor(accept)
      if (this.#known.size >= KNOWN_MAX) this.#known.clear()
      this.#known.set(accept, format)
    }
    return format
  }
}

const KNOWN_MAX = 64

/** Names are escaped by underscores unless the scraper asks otherwise; 0.0.4 knows nothing else. */
function formatOf({ kind, type, version }: Offer, asked: string | undefined): ExportFormat {
  const contentType = `${type}; version=${version}; charset=utf-8`
  if (version === '0.0.4') return { kind, escaping: 'underscores', contentType }
  const escaping = ESCAPINGS.find((each) => each === asked) ?? 'underscores'
  return { kind, escaping, contentType: `${contentType}; escaping=${escaping}` }
}

interface Element {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

function bestRange(offer: Offer, ranges: readonly Element[]): Element | undefined {
  const fitting = ranges.map((range) => ({ range, fit: fitOf(offer, range) })).filter(({ fit }) => fit > 0)
  return fitting.sort((a, b) => b.fit - a.fit)[0]?.range
}

/** 4 with the version, 3 the type, 2 `text/*`, 1 everything, 0 another. */
function fitOf({ type, version }: Offer, { name, parameters }: Element): number {
  if (name === type) {
    const asked = parameters.get('version')
    return asked === undefined ? 3 : asked === version ? 4 : 0
  }
  if (name === `${type.split('/')[0]}/*`) return 2
  return name === '*/*' ? 1 : 0
}

/** Whether Accept-Encoding lets gzip in; `gzip;q=0` does not, `*` does. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const codings = elementsOf(acceptEncoding ?? '')
  const named =
    codings.find(({ name }) => name === 'gzip' || name === 'x-gzip') ?? codings.find(({ name }) => name === '*')
  const identity = codings.find(({ name }) => name === 'identity')
  return named !== undefined && named.quality > 0 && named.quality >= (identity?.quality ?? 0)
}

/** `a;x="1";q=0.5, b` ▸ its elements; names and parameter names in lower case. A q that is none counts as 1. */
function elementsOf(header: string): Element[] {
  return splitOutside(header, ',').flatMap((text) => {
    const [name = '', ...parts] = splitOutside(text, ';').map((part) => part.trim())
    if (name === '') return []
    const parameters = new Map(parts.map(parameterOf))
    const q = Number(parameters.get('q') ?? 1)
    return { name: name.toLowerCase(), parameters, quality: q >= 0 && q <= 1 ? q : 1 }
  })
}

function parameterOf(text: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals < 0) return [text.toLowerCase(), '']
  const value = text.slice(equals + 1).trim()
  const unquoted = value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value
  return [text.slice(0, equals).trim().toLowerCase(), unquoted]
}

/** Splits where the separator stands outside quotes. */
function splitOutside(text: string, separator: ',' | ';'): string[] {
  const pattern = separator === ',' ? /(?:"(?:\\.|[^"\\])*"?|[^",])+/g : /(?:"(?:\\.|[^"\\])*"?|[^";])+/g
  return text.match(pattern) ?? []
}
