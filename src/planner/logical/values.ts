import type { Ratio } from '../../model/answer-value.ts'
import type { MeasureRef } from '../../model/measure.ts'
import type { Asking } from './asking.ts'
import { fieldAt, listed, shown } from './problems.ts'
import type { RatioRequest, ValueName } from './question.ts'

/** Also what GraphQL allows as a name, so that answers can use it as a key everywhere. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const NAME_CHARACTERS_MAX = 64
const RATIOS_MAX = 16

/** What each point of the answer holds: measures, then ratios; null while a metric is unknown. */
export interface AskedValues {
  readonly measures: readonly MeasureRef[]
  readonly ratios: readonly Ratio[]
  /** `as` ▸ position. */
  readonly names: ReadonlyMap<string, number>
  /** Every aggregation and ratio was understood, so positions are those of the request. */
  readonly complete: boolean
}

export function readValues(measures: readonly MeasureRef[], asking: Asking): AskedValues {
  const { aggregations, ratios = [] } = asking.request
  const names = new Map<string, number>()
  for (const [i, { as }] of aggregations.entries()) noteName(as, i, `/aggregations/${i}/as`, names, asking)
  const read =
    ratios.length > RATIOS_MAX ? refuseManyRatios(asking) : ratios.map((each, i) => readRatio(each, i, names, asking))
  for (const [i, { as }] of ratios.entries()) noteName(as, aggregations.length + i, `/ratios/${i}/as`, names, asking)
  const known = read.filter((each) => each !== undefined)
  const complete = measures.length === aggregations.length && known.length === ratios.length
  return { measures, ratios: known, names, complete }
}

function noteName(
  as: string | undefined,
  position: number,
  pointer: string,
  into: Map<string, number>,
  { problems }: Asking,
): void {
  if (as === undefined) return
  const wrong = wrongIn(as, into)
  if (wrong === null) into.set(as, position)
  else problems.add('FIELD_INVALID', { detail: `${fieldAt(pointer)} ${shown(as)} ${wrong}`, pointer })
}

function wrongIn(as: string, names: ReadonlyMap<string, number>): string | null {
  if (!NAME.test(as)) return 'is no name: allowed are letters, digits and _, not a digit first'
  if (as.length > NAME_CHARACTERS_MAX) return `has ${as.length} characters, at most ${NAME_CHARACTERS_MAX} are allowed`
  return names.has(as) ? 'is taken already: each name may stand there once' : null
}

function readRatio(
  asked: RatioRequest,
  position: number,
  names: ReadonlyMap<string, number>,
  asking: Asking,
): Ratio | undefined {
  const place = (side: 'numerator' | 'denominator'): number | undefined => {
    const found = names.get(asked[side])
    if (found === undefined) refuseSide(asked[side], `/ratios/${position}/${side}`, names, asking)
    return found
  }
  const [numerator, denominator] = [place('numerator'), place('denominator')]
  return numerator === undefined || denominator === undefined ? undefined : { numerator, denominator }
}

const refuseSide = (name: string, pointer: string, names: ReadonlyMap<string, number>, { problems }: Asking): void =>
  problems.add('FIELD_INVALID', {
    detail: `${fieldAt(pointer)} ${shown(name)} is the \`as\` of no aggregation; named are: ${listed([...names.keys()])}`,
    pointer,
  })

function refuseManyRatios({ request, problems }: Asking): [] {
  problems.add('FIELD_INVALID', {
    detail: `ratios has ${request.ratios!.length} entries, at most ${RATIOS_MAX} may be asked at once`,
    pointer: '/ratios',
    limit: RATIOS_MAX,
    actual: request.ratios!.length,
  })
  return []
}

/** What a value name means: its position, or why it means nothing. */
export type ValueMeant = { readonly position: number } | { readonly wrong: string }

/** A name given by `as` goes before a metric of that name; nothing is guessed where several aggregations fit. */
export function valueMeant({ metric, agg }: ValueName, { measures, names }: AskedValues): ValueMeant {
  const named = agg === undefined ? names.get(metric) : undefined
  if (named !== undefined) return { position: named }
  const fits = [...measures.keys()].filter((i) => {
    const measure = measures[i]!
    return measure.metric === metric && (agg === undefined || agg === measure.space)
  })
  if (fits.length === 1) return { position: fits[0]! }
  const what = agg === undefined ? shown(metric) : `${agg} of ${shown(metric)}`
  const wrong = fits.length === 0 ? 'is none of the aggregations' : `fits ${fits.length} of the aggregations`
  const asked = [...names.keys(), ...measures.map(({ space, metric: name }) => `${space} of ${name}`)]
  return { wrong: `${what} ${wrong}; asked are: ${listed(asked)}` }
}
