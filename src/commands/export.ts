import { type Command, type FlagValues, listFlag, refuseWords, textFlag, wrongUsage } from './command.ts'
import { DATASET_FLAG, datasetOf, GATEWAY_FLAGS, gatewayOf, refusalOf } from './gateway.ts'
import type { Terminal } from './terminal.ts'

/** What is sent as Accept for each name of --format. */
const ACCEPTS: Readonly<Record<string, string>> = {
  prometheus: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0',
  'prometheus-utf8': 'text/plain; version=1.0.0; escaping=allow-utf-8',
}
const FORMATS = Object.keys(ACCEPTS)

export const exported: Command = {
  name: 'export',
  about: 'print the newest settled values in a format for scrapers',
  usage: 'laneway export [--metric NAME …] [--resource TYPE.ID=VALUE …] [--format prometheus] [--lookback PT10M]',
  flags: {
    ...GATEWAY_FLAGS,
    ...DATASET_FLAG,
    format: { type: 'string', value: 'FORMAT', about: `${FORMATS.join(', ')}; default ${FORMATS[0]}` },
    metric: { type: 'string', multiple: true, value: 'NAME', about: 'only these metrics' },
    resource: {
      type: 'string',
      multiple: true,
      value: 'ID=VALUE',
      about: 'only these resources: kafka.id=lkc-aurora, several values with commas',
    },
    lookback: { type: 'string', value: 'DURATION', about: 'several buckets, as far back as this: PT10M' },
    since: { type: 'string', value: 'TIME', about: 'several buckets, from this moment on' },
    cumulative: { type: 'boolean', about: 'counters as rising totals (…_total) instead of increases, for rate()' },
  },
  exits: '1 also when the answer broke off: what was printed is then not whole',
  async run(flags, words, terminal) {
    refuseWords(words, exported)
    const format = textFlag(flags, 'format') ?? FORMATS[0]!
    const accept = ACCEPTS[format]
    if (accept === undefined) throw wrongUsage(`--format ${format}: no such format`, `Say ${FORMATS.join(' or ')}.`)
    const path = `/v2/metrics/${encodeURIComponent(datasetOf(flags))}/export?${parametersOf(flags)}`
    const response = await gatewayOf(flags, terminal.environment).fetch(path, { headers: { accept } })
    if (!response.ok) throw refusalOf(response, await response.text())
    await pass(response, terminal)
    return 0
  },
}

function parametersOf(flags: FlagValues): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const metric of listFlag(flags, 'metric')) parameters.append('metric', metric)
  for (const text of listFlag(flags, 'resource')) {
    const [, id, values] = /^(?:resource\.)?([^=]+)=(.+)$/.exec(text) ?? []
    if (id === undefined) throw wrongUsage(`--resource ${text}: no ID=VALUE`, 'Write it like kafka.id=lkc-aurora.')
    parameters.append(`resource.${id}`, values!)
  }
  for (const name of ['lookback', 'since']) {
    const value = textFlag(flags, name)
    if (value !== undefined) parameters.set(name, value)
  }
  if (flags.cumulative) parameters.set('counters', 'cumulative')
  return parameters
}

/** Piece by piece, as it comes. Error: when the gateway cuts the answer off, which is how it says that it is not whole. */
async function pass({ body }: Response, terminal: Terminal): Promise<void> {
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      await terminal.write(chunk as Uint8Array)
      bytes += (chunk as Uint8Array).length
    }
  } catch (cause) {
    throw new Error(`the answer broke off after ${bytes} bytes; what was printed is not whole`, { cause })
  }
}
