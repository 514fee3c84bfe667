import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replay } from '../../examples/kafka-telemetry/replay.ts'
import type { Laneway } from '../main.ts'
import { type Command, configFlags, configOf, refuseWords } from './command.ts'
import { stopSignal } from './stop-signal.ts'

const LOOPS = 3
const LEAD_MS = 11 * 60_000

export const demo: Command = {
  name: 'demo',
  about: 'serve the recorded telemetry of two Kafka clusters, shifted to now and going on live',
  usage:
    'laneway demo [--port 8080] [--data ./demo-data] (what a demo before left in the data folder is removed first)',
  flags: configFlags(),
  async run(flags, words) {
    refuseWords(words, demo)
    const ended = new AbortController()
    const stop = stopSignal().then(() => ended.abort())
    const { config } = configOf(flags, { 'data.path': './demo-data', 'log.level': 'warn' })
    await emptyData(config['data.path'])
    const { openLaneway } = await import('../main.ts')
    const laneway = await openLaneway(config, { clock: Date.now })
    const { url } = await laneway.listen()
    console.log(`listening ${url}`)
    await play(laneway, url, ended.signal)
    await stop
    await laneway.close()
    return 0
  },
}

/** Removes what a Laneway left there, and nothing else: the folder may be any that a person named. */
async function emptyData(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const ours = names.filter((name) => /^(?:raw\.duckdb|log\.sqlite|push\.snapshot)/.test(name))
  await Promise.all(ours.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}

async function play(laneway: Laneway, url: string, signal: AbortSignal): Promise<void> {
  const send = async (body: Uint8Array) => {
    const headers = { 'content-type': 'application/x-protobuf' }
    const response = await fetch(`${url}/v1/metrics`, { method: 'POST', headers, body: Buffer.from(body), signal })
    if (!response.ok) throw new Error(`intake answered ${response.status}: ${await response.text()}`)
  }
  const run = replay({ send, clock: Date.now, loops: LOOPS, leadMs: LEAD_MS, onFilled: progress(), signal })
  await run.filled.catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  if (signal.aborted) return
  console.log('rolling up …')
  await Promise.race([laneway.idle(), aborted(signal)])
  if (signal.aborted) return
  console.log(welcome(url))
  void run.done
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

/** One line that renews itself on a terminal, a line every tenth elsewhere. */
function progress(): (done: number, total: number) => void {
  let shown = -1
  return (done, total) => {
    const percent = Math.floor((done * 100) / total)
    const stride = process.stdout.isTTY ? 1 : 10
    if (Math.floor(percent / stride) === Math.floor(shown / stride) && done < total) return
    shown = percent
    const line = `filling the last ${Math.round((LOOPS * 54 + LEAD_MS / 60_000) / 6) / 10} hours: ${percent} % (${done} of ${total} requests)`
    process.stdout.write(process.stdout.isTTY ? `\r${line}${done === total ? '\n' : ''}` : `${line}\n`)
  }
}

function welcome(url: string): string {
  const post = (body: unknown) =>
    `curl -s ${url}/v2/metrics/cloud/query -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  const received = { metric: 'io.confluent.kafka.server/received_bytes' }
  const retained = { metric: 'io.confluent.kafka.server/retained_bytes' }
  const aurora = { field: 'resource.kafka.id', op: 'EQ', value: 'lkc-aurora' }
  const ordersOfAurora = { op: 'AND', filters: [aurora, { field: 'metric.topic', op: 'EQ', value: 'orders' }] }
  const at = url === 'http://127.0.0.1:8080' ? '' : ` --url ${url}`
  return `
The page:        ${url}/
Health, metrics: ${url}/health/parts  ${url}/metrics

1. Bytes received by topic in the last two hours, mostly from pushed aggregates:
   ${post({ aggregations: [received], group_by: ['metric.topic'], filter: aurora, granularity: 'PT1H', intervals: ['PT2H/now'], limit: 20 })}
   npx laneway query${at} --metric ${received.metric} --group-by metric.topic --where resource.kafka.id=lkc-aurora --granularity PT1H --interval PT2H/now --limit 20

2. Bytes stored, minute by minute, pushed but for the newest minutes:
   ${post({ aggregations: [retained], group_by: ['resource.kafka.id'], granularity: 'PT1M', intervals: ['PT10M/now'] })}
   npx laneway query${at} --metric ${retained.metric} --group-by resource.kafka.id --granularity PT1M --interval PT10M/now

3. By partition, which no rollup keeps: from raw, and explain says why:
   ${post({ aggregations: [retained], group_by: ['metric.partition'], filter: ordersOfAurora, granularity: 'PT15M', intervals: ['PT1H/now'], explain: 'full' })}
   npx laneway query${at} --metric ${retained.metric} --group-by metric.partition --where resource.kafka.id=lkc-aurora --where metric.topic=orders --granularity PT15M --interval PT1H/now

The recording goes on live. Ctrl-C ends.`
}
