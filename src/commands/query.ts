import { type Command, type FlagValues, listFlag, textFlag } from './command.ts'

interface QueryAnswer {
  readonly data?: readonly Record<string, unknown>[]
  readonly errors?: readonly { readonly code: string; readonly detail: string; readonly hint?: string }[]
  readonly meta?: {
    readonly freshness?: Record<string, unknown>
    readonly plan?: { readonly slices: readonly Slice[] }
  }
}

interface Slice {
  readonly interval: string
  readonly source: string
  readonly rollup: string | null
}

export const query: Command = {
  name: 'query',
  about: 'ask a running gateway one question',
  usage:
    'laneway query --metric NAME [--group-by LABEL …] [--where LABEL=VALUE …] [--interval PT1H/now] [--granularity PT1M]',
  flags: {
    url: { type: 'string' },
    dataset: { type: 'string' },
    metric: { type: 'string' },
    agg: { type: 'string' },
    'group-by': { type: 'string', multiple: true },
    where: { type: 'string', multiple: true },
    interval: { type: 'string', multiple: true },
    granularity: { type: 'string' },
    limit: { type: 'string' },
    use: { type: 'string', multiple: true },
    avoid: { type: 'string', multiple: true },
    json: { type: 'boolean' },
    key: { type: 'string' },
  },
  async run(flags) {
    const base = textFlag(flags, 'url') ?? process.env.LANEWAY_URL ?? 'http://127.0.0.1:8080'
    const dataset = textFlag(flags, 'dataset') ?? 'cloud'
    const url = `${base}/v2/metrics/${encodeURIComponent(dataset)}/query`
    const response = await ask(url, bodyOf(flags), textFlag(flags, 'key'))
    const text = await response.text()
    if (flags.json) process.stdout.write(`${text}\n`)
    else print(JSON.parse(text) as QueryAnswer)
    return response.ok ? 0 : 1
  },
}

async function ask(url: string, body: unknown, key: string | undefined): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (key !== undefined) headers.authorization = `Basic ${Buffer.from(key).toString('base64')}`
  try {
    return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  } catch (cause) {
    throw new Error(`no gateway answers at ${url}: start one with "npm start" or "npm run demo", or say --url`, {
      cause,
    })
  }
}

/** The v2 body of the flags. */
export function bodyOf(flags: FlagValues): Record<string, unknown> {
  const metric = textFlag(flags, 'metric')
  if (metric === undefined) throw new Error('--metric is missing: name the metric to ask for')
  const agg = textFlag(flags, 'agg')
  const limit = textFlag(flags, 'limit')
  const groupBy = listFlag(flags, 'group-by').flatMap((each) => each.split(','))
  const body: Record<string, unknown> = {
    aggregations: [agg === undefined ? { metric } : { metric, agg }],
    granularity: textFlag(flags, 'granularity') ?? 'PT1M',
    intervals: flags.interval === undefined ? ['PT1H/now'] : listFlag(flags, 'interval'),
  }
  if (groupBy.length > 0) body.group_by = groupBy
  const filters = listFlag(flags, 'where').map(equality)
  if (filters.length > 0) body.filter = filters.length === 1 ? filters[0] : { op: 'AND', filters }
  if (limit !== undefined) body.limit = Number(limit)
  for (const name of ['use', 'avoid']) if (flags[name] !== undefined) body[name] = listFlag(flags, name)
  return body
}

function equality(text: string): { field: string; op: 'EQ'; value: string } {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--where ${text}: write it as LABEL=VALUE`)
  return { field: text.slice(0, at), op: 'EQ', value: text.slice(at + 1) }
}

function print(answer: QueryAnswer): void {
  for (const error of answer.errors ?? []) console.error(`${error.code}: ${error.detail}\n  ${error.hint ?? ''}`)
  if (!answer.data) return
  console.log(table(answer.data))
  for (const slice of answer.meta?.plan?.slices ?? []) {
    console.log(`  ${slice.interval}  from ${slice.source}${slice.rollup === null ? '' : ` (${slice.rollup})`}`)
  }
  const freshness = answer.meta?.freshness
  if (freshness)
    console.log(`  ${freshness.state}, complete through ${freshness.completeThrough}, as of ${freshness.asOf}`)
}

/** Columns as wide as their widest cell; timestamp first, value last. */
export function table(rows: readonly Record<string, unknown>[]): string {
  if (rows.length === 0) return '(no data)'
  const names = Object.keys(rows[0]!).filter((name) => name !== 'timestamp' && name !== 'value' && name !== 'cut')
  const columns = ['timestamp', ...names, 'value'].filter((name) => rows.some((row) => name in row))
  const cells = [columns, ...rows.map((row) => columns.map((name) => String(row[name] ?? '')))]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)))
  return cells
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
