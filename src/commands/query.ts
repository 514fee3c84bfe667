import { type Command, type FlagValues, JSON_FLAG, refuseWords, textFlag, wrongUsage } from './command.ts'
import {
  DATASET_FLAG,
  datasetOf,
  GATEWAY_FLAGS,
  type Gateway,
  gatewayOf,
  postOf,
  queryPath,
  refusalOf,
} from './gateway.ts'
import { bodyOf, QUESTION_FLAGS } from './question-flags.ts'
import { readInput, readObject } from './read-input.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

interface QueryAnswer {
  readonly data: readonly Row[]
  readonly meta: {
    readonly pagination?: { readonly next_page_token?: string | null }
    readonly groupsTotal?: number
    readonly truncated?: boolean
    readonly freshness?: Readonly<Record<string, unknown>>
    readonly plan?: { readonly slices: readonly Slice[] }
    readonly ignored?: readonly string[]
  }
}

type Row = Readonly<Record<string, unknown>>

interface Slice {
  readonly interval: string
  readonly source: string
  readonly rollup: string | null
}

export const BODY_FLAG = {
  body: { type: 'string', value: 'FILE', about: 'the whole question as JSON from a file, or - for standard input' },
} as const

export const query: Command = {
  name: 'query',
  about: 'ask a running gateway one question',
  usage:
    'laneway query --metric NAME [--group-by LABEL …] [--where LABEL=VALUE …] [--interval PT1H/now] [--granularity PT1M]\nlaneway query --body FILE|-',
  flags: {
    ...GATEWAY_FLAGS,
    ...DATASET_FLAG,
    ...QUESTION_FLAGS,
    ...BODY_FLAG,
    format: { type: 'string', value: 'FORMAT', about: 'of the JSON: FLAT (default) or GROUPED' },
    page: { type: 'boolean', about: 'ask for all pages; with --json one answer a line' },
    ...JSON_FLAG,
  },
  async run(flags, words, terminal) {
    refuseWords(words, query)
    const body = await questionOf(flags, terminal)
    const format = textFlag(flags, 'format')
    if (format !== undefined) body.format = format.toUpperCase()
    const asked = { gateway: gatewayOf(flags, terminal.environment), dataset: datasetOf(flags), body }
    return await (flags.json ? asJson(asked, flags, terminal) : asText(asked, flags, terminal))
  },
}

/** Of the flags, or of --body; not both, for nobody could tell which of them holds. */
export async function questionOf(flags: FlagValues, terminal: Terminal): Promise<Record<string, unknown>> {
  const path = textFlag(flags, 'body')
  if (path === undefined) return bodyOf(flags)
  const beside = Object.keys(QUESTION_FLAGS).filter((name) => flags[name] !== undefined)
  if (beside.length > 0) {
    throw wrongUsage(`--body beside --${beside.join(', --')}`, 'Say the whole question in one of the two ways.')
  }
  return readObject(await readInput(path, terminal), path === '-' ? 'standard input' : path)
}

interface Asked {
  readonly gateway: Gateway
  readonly dataset: string
  readonly body: Record<string, unknown>
}

async function asJson(asked: Asked, flags: FlagValues, terminal: Terminal): Promise<number> {
  for (let token: string | null = null; ; ) {
    const { response, text } = await askPage(asked, token)
    await terminal.write(`${text}\n`)
    if (!response.ok) return 1
    token = flags.page ? nextOf(JSON.parse(text)) : null
    if (token === null) return 0
  }
}

async function asText(asked: Asked, flags: FlagValues, terminal: Terminal): Promise<number> {
  let pages = 0
  let groups = 0
  for (let token: string | null = null; ; ) {
    terminal.progress(pages === 0 ? '' : `page ${pages + 1}, ${groups} groups so far`)
    const { response, text } = await askPage(asked, token)
    if (!response.ok) throw refusalOf(response, text)
    const answer = JSON.parse(text) as QueryAnswer
    const rows = answer.data.flatMap((row) => rowsOf(row, valueNames(asked.body)))
    pages++
    groups += (answer.meta.pagination as { page_size?: number } | undefined)?.page_size ?? 0
    token = flags.page ? nextOf(answer) : null
    if (rows.length > 0 || pages === 1) terminal.line(table(rows))
    if (token === null) return summarise(answer, flags, terminal)
  }
}

async function askPage({ gateway, dataset, body }: Asked, token: string | null) {
  const parameters = token === null ? '' : `?page_token=${encodeURIComponent(token)}`
  const response = await gateway.fetch(`${queryPath(dataset)}${parameters}`, postOf(body))
  return { response, text: await response.text() }
}

const nextOf = ({ meta }: QueryAnswer): string | null => meta.pagination?.next_page_token || null

/** What `values` are called, when there are several: as the question calls them. */
function valueNames({ aggregations, ratios }: Record<string, unknown>): string[] {
  const named = [...listOf(aggregations), ...listOf(ratios)]
  return named.map(({ as, agg, metric, numerator, denominator }) =>
    String(as ?? (numerator ? `${numerator}/${denominator}` : agg ? `${agg}(${metric})` : metric)),
  )
}

const listOf = (value: unknown): Row[] => (Array.isArray(value) ? value : [])

/** A FLAT row as it is; of a GROUPED one, a row a point. Several values get a column each. */
function rowsOf(row: Row, names: readonly string[]): Row[] {
  const { points, values, ...rest } = row
  if (Array.isArray(points)) return points.flatMap((point: Row) => rowsOf({ ...point, ...rest }, names))
  if (!Array.isArray(values)) return [row]
  const columns = values.map((value, i): [string, unknown] => [names[i] ?? `value ${i + 1}`, value])
  const { cut, ...labels } = rest
  return [{ ...labels, ...Object.fromEntries(columns), ...(cut ? { cut } : {}) }]
}

function summarise({ meta }: QueryAnswer, flags: FlagValues, terminal: Terminal): number {
  for (const slice of joined(meta.plan?.slices ?? [])) {
    terminal.line(`  ${slice.interval}  from ${slice.source}${slice.rollup === null ? '' : ` (${slice.rollup})`}`)
  }
  const { freshness } = meta
  if (freshness)
    terminal.line(`  ${freshness.state}, complete through ${freshness.completeThrough}, as of ${freshness.asOf}`)
  if (meta.truncated && !flags.page)
    terminal.note(`  cut by limit: ${meta.groupsTotal} groups there are; --page asks for all of them`)
  if (meta.ignored) terminal.note(`  fields that nobody knows were ignored: ${meta.ignored.join(', ')}`)
  return 0
}

/** Neighbours from one place, told as one. */
function joined(slices: readonly Slice[]): Slice[] {
  const out: Slice[] = []
  for (const slice of slices) {
    const last = out.at(-1)
    const [start, end] = slice.interval.split('/')
    const [first, before] = last?.interval.split('/') ?? []
    const goesOn = last?.source === slice.source && last.rollup === slice.rollup && before === start
    if (goesOn) out[out.length - 1] = { ...slice, interval: `${first}/${end}` }
    else out.push(slice)
  }
  return out
}
